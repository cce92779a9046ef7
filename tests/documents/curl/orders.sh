curl -X GET "https://yoursite.com/wp-json/fluent-cart/v1/orders?page=1&per_page=20&search=john" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v1/orders" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
-H "Content-Type: application/json" \
-d '{
"customer_id": 123,
"items": [
{
"product_id": 456,
"variation_id": 789,
"quantity": 2
}
],
"payment_method": "stripe"
}'

curl -X GET "https://yoursite.com/wp-json/fluent-cart/v1/orders/1" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X PUT "https://yoursite.com/wp-json/fluent-cart/v1/orders/1" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
-H "Content-Type: application/json" \
-d '{
"status": "processing",
"note": "Updated order note"
}'

curl -X DELETE "https://yoursite.com/wp-json/fluent-cart/v1/orders/1" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v1/orders/1/mark-as-paid" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
-H "Content-Type: application/json" \
-d '{
"payment_method": "manual",
"transaction_id": "manual_123"
}'

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v1/orders/1/refund" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
-H "Content-Type: application/json" \
-d '{
"amount": 2500,
"reason": "Customer requested refund"
}'

curl -X PUT "https://yoursite.com/wp-json/fluent-cart/v1/orders/1/statuses" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
-H "Content-Type: application/json" \
-d '{
"payment_status": "paid",
"shipping_status": "shipped"
}'

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v1/orders/1/change-customer" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
-H "Content-Type: application/json" \
-d '{
"customer_id": 456
}'

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v1/orders/1/create-and-change-customer" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
-H "Content-Type: application/json" \
-d '{
"email": "[email protected]",
"first_name": "Jane",
"last_name": "Smith"
}'

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v1/orders/do-bulk-action" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
-H "Content-Type: application/json" \
-d '{
"action": "update_status",
"order_ids": [1, 2, 3],
"data": {
"status": "completed"
}
}'

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v1/orders/calculate-shipping" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
-H "Content-Type: application/json" \
-d '{
"items": [
{
"product_id": 456,
"variation_id": 789,
"quantity": 2
}
],
"shipping_address": {
"country": "US",
"state": "NY",
"postcode": "10001"
}
}'

curl -X GET "https://yoursite.com/wp-json/fluent-cart/v1/orders/shipping_methods" \
-H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="
