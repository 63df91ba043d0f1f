//! Days that stand out, by a statistic that they cannot distort: distance from the median in median absolute deviations.

use schemars::JsonSchema;
use serde::Serialize;

/// Fewer values have no usual one.
const LEAST_VALUES: usize = 7;
/// The limit that Iglewicz and Hoaglin recommend for the modified z-score.
const LIMIT: f64 = 3.5;
/// Makes the median absolute deviation of normal values their standard deviation.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// The same for the mean absolute deviation, for values of which more than half are equal.
const MEAN_TO_DEVIATION: f64 = 1.2533;

/// In which direction a day stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandsOut {
    High,
    Low,
}

/// The score of each value, and the direction of those that stand out; all `None` where too little is known.
pub fn outliers(values: &[f64]) -> Vec<Option<(f64, Option<StandsOut>)>> {
    let none = || vec![None; values.len()];
    if values.len() < LEAST_VALUES {
        return none();
    }
    let Some(usual) = median(values) else { return none() };
    let distances: Vec<f64> = values.iter().map(|value| (value - usual).abs()).collect();
    let deviation = match median(&distances) {
        Some(mad) if mad > 0.0 => mad * MAD_TO_DEVIATION,
        _ => distances.iter().sum::<f64>() / distances.len() as f64 * MEAN_TO_DEVIATION,
    };
    if deviation <= 0.0 {
        return none();
    }
    let scored = |value: &f64| {
        let score = (value - usual) / deviation;
        let stands_out = match score {
            LIMIT.. => Some(StandsOut::High),
            _ if score <= -LIMIT => Some(StandsOut::Low),
            _ => None,
        };
        Some((score, stands_out))
    };
    values.iter().map(scored).collect()
}

/// The middle value, or the mean of the middle two; `None` of nothing.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    match sorted.len() % 2 {
        1 => Some(upper),
        _ => Some((sorted[sorted.len() / 2 - 1] + upper) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn directions(values: &[f64]) -> Vec<Option<StandsOut>> {
        let scored = outliers(values).into_iter();
        scored
            .map(|scored| scored.and_then(|(_, direction)| direction))
            .collect()
    }

    #[test]
    fn scores_are_those_of_the_textbook() {
        // Median 3, median absolute deviation 1.
        let scores: Vec<f64> = outliers(&[1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 40.0])
            .into_iter()
            .map(|scored| scored.expect("a score").0)
            .collect();
        assert!((scores[0] - -2.0 / 1.4826).abs() < 1e-12, "{scores:?}");
        assert!((scores[6] - 37.0 / 1.4826).abs() < 1e-12, "{scores:?}");
    }

    #[test]
    fn one_huge_day_hides_no_other() {
        let found = directions(&[5.0, 6.0, 5.5, 6.5, 5.0, 6.0, 30.0, 9000.0, 5.8]);
        assert_eq!(found[6..8], [Some(StandsOut::High); 2]);
        assert_eq!(found.iter().flatten().count(), 2);
    }

    #[test]
    fn equal_days_fall_back_to_the_mean_deviation() {
        let found = directions(&[10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 0.0]);
        assert_eq!(found[8], Some(StandsOut::Low));
        assert_eq!(outliers(&[10.0; 9]), vec![None; 9]);
        assert_eq!(outliers(&[1.0, 2.0, 900.0]), vec![None; 3]);
    }

    proptest! {
        #[test]
        fn the_unit_changes_nothing(values in proptest::collection::vec(0.0_f64..1e6, 7..60), factor in 0.001_f64..1000.0) {
            let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
            for (a, b) in outliers(&values).into_iter().zip(outliers(&scaled)) {
                match (a, b) {
                    (Some((a, _)), Some((b, _))) => prop_assert!((a - b).abs() <= 1e-6 * a.abs().max(1.0)),
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
        }

        #[test]
        fn fewer_than_half_of_the_days_stand_out(values in proptest::collection::vec(0.0_f64..1e6, 7..60)) {
            prop_assert!(directions(&values).iter().flatten().count() * 2 < values.len());
        }
    }
}
