//! Where the reading of a side may be divided between connections: the other side
//! says where its keys lie, just before all rows are read. That only saves time:
//! without such values a side is read in one piece. A connection that breaks on the
//! way is the failure of the side's own reading, which tells the cause.

use crate::error::Side;
use crate::plan::DatasetPlan;
use crate::source::Source;

/// How many values of the key tell a source where to divide its reading.
const SAMPLE: usize = 256;

/// Gives each side that can be read in ranges values of its key; and says which.
pub fn divide(plan: &DatasetPlan, sources: [&mut dyn Source; 2]) -> [Vec<String>; 2] {
    let mut bounds = [Vec::new(), Vec::new()];
    for side in Side::BOTH {
        let (here, there) = (side.index(), side.other().index());
        let wants = plan.wants(side);
        let Some(name) = sources[here].divides_by(&wants) else {
            continue;
        };
        let mut columns = plan.columns.iter();
        let Some(column) = columns.find(|column| column.wants[here].name == name) else {
            continue;
        };
        match sources[there].sample(&column.wants[there].name, SAMPLE) {
            Ok(values) => {
                bounds[here].clone_from(&values);
                sources[here].divide(values);
            }
            Err(failure) => {
                tracing::info!(why = %failure.why, "no sample of the key to divide the reading by")
            }
        }
    }
    bounds
}
