//! The checkpoint under crashes, power cuts, failing disks and damage, on a simulated file system.

mod crashes;
mod damage;
mod simulated;
