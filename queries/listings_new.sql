-- The new path's listings under the report's column names: where the new table
-- calls a column otherwise, write `its_name AS name`. A query is one SELECT;
-- shadowgate wraps it, so no trailing ORDER BY is needed.
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
