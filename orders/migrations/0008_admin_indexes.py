from django.db import migrations, models

from fluentcart.kept.online import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False  # an index is built while others write
    dependencies = [
        ("customers", "0004_business_indexes"),
        ("orders", "0007_refund_request_key"),
    ]

    operations = [
        AddIndexOnline(
            model_name="order",
            index=models.Index(fields=["shipping_status", "id"], name="order_shipping_status"),
        ),
        AddIndexOnline(
            model_name="order",
            index=models.Index(condition=models.Q(("mode", "test")), fields=["id"], name="order_test"),
        ),
        AddIndexOnline(
            model_name="product",
            index=models.Index(fields=["status", "id"], name="product_status"),
        ),
        AddIndexOnline(
            model_name="product",
            index=models.Index(fields=["created_at"], name="product_created_at"),
        ),
        AddIndexOnline(
            model_name="productvariation",
            index=models.Index(
                condition=models.Q(("is_active", False)), fields=["product", "id"], name="variation_inactive"
            ),
        ),
    ]
