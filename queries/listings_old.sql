-- The old path's listings as the report names their columns. A query is one
-- SELECT; shadowgate wraps it, so no trailing ORDER BY is needed.
SELECT
    property_number,
    title,
    property_type,
    transaction_type,
    prefecture,
    city,
    address,
    station,
    walk_minutes,
    price,
    management_fee,
    area_m2,
    layout,
    floor,
    built_on,
    latitude,
    longitude,
    features,
    attributes,
    is_public,
    updated_at
FROM property_listings
