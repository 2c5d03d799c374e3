//! inet, cidr and hardware addresses.
