//! bit and varbit.
