curl -X GET "https://yoursite.com/wp-json/fluent-cart/v2/customers?page=1&per_page=20&search=john" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v2/customers" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
  -H "Content-Type: application/json" \
  -d '{
    "email": "newcustomer@example.com",
    "full_name": "Jane Smith",
    "city": "New York"
  }'

curl -X GET "https://yoursite.com/wp-json/fluent-cart/v2/customers/1?with[]=orders&with[]=addresses" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X PUT "https://yoursite.com/wp-json/fluent-cart/v2/customers/1" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
  -H "Content-Type: application/json" \
  -d '{
    "email": "customer@example.com",
    "full_name": "John Doe Updated",
    "status": "active"
  }'

curl -X PUT "https://yoursite.com/wp-json/fluent-cart/v2/customers/1/additional-info" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
  -H "Content-Type: application/json" \
  -d '{
    "company": "Updated Corp",
    "notes": "Updated VIP customer"
  }'

curl -X GET "https://yoursite.com/wp-json/fluent-cart/v2/customers/get-stats/1" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X GET "https://yoursite.com/wp-json/fluent-cart/v2/customers/1/order" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X GET "https://yoursite.com/wp-json/fluent-cart/v2/customers/1/orders?page=1&per_page=20" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X GET "https://yoursite.com/wp-json/fluent-cart/v2/customers/1/address?type=billing" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X PUT "https://yoursite.com/wp-json/fluent-cart/v2/customers/1/address" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
  -H "Content-Type: application/json" \
  -d '{
    "id": 1,
    "name": "John Doe",
    "email": "customer@example.com",
    "address_1": "123 Updated St",
    "city": "New York",
    "country": "US"
  }'

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v2/customers/1/address" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
  -H "Content-Type: application/json" \
  -d '{
    "type": "shipping",
    "name": "John Doe",
    "email": "customer@example.com",
    "address_1": "789 New St",
    "city": "Queens",
    "state": "NY",
    "postcode": "11301",
    "country": "US"
  }'

curl -X DELETE "https://yoursite.com/wp-json/fluent-cart/v2/customers/1/address" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
  -H "Content-Type: application/json" \
  -d '{
    "address": {
      "id": 2
    }
  }'

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v2/customers/1/address/make-primary" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
  -H "Content-Type: application/json" \
  -d '{
    "addressId": 2,
    "type": "billing"
  }'

curl -X GET "https://yoursite.com/wp-json/fluent-cart/v2/customers/attachable-user" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v2/customers/1/attachable-user" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
  -H "Content-Type: application/json" \
  -d '{
    "user_id": 1
  }'

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v2/customers/1/detach-user" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ="

curl -X POST "https://yoursite.com/wp-json/fluent-cart/v2/customers/do-bulk-action" \
  -H "Authorization: Basic dXNlcm5hbWU6YXBwbGljYXRpb25fcGFzc3dvcmQ=" \
  -H "Content-Type: application/json" \
  -d '{
    "action": "update_status",
    "customer_ids": [1, 2, 3],
    "data": {
      "status": "inactive"
    }
  }'
