//! Suggests the known name that a mistyped one most likely meant.

/// `; did you mean `x`?`, or nothing where no known name is near.
pub fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}

/// The known name that differs least, if few enough letters differ. Case,
/// hyphens and underscores do not count.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(name);
    let allowed = (folded.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&folded, &fold(candidate));
            (distance, candidate)
        })
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn fold(name: &str) -> String {
    name.chars()
        .filter(|letter| !matches!(letter, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_and_nothing_far_off() {
        let known = ["property_number", "price", "normalise"];
        assert_eq!(nearest("propertyNumber", known), Some("property_number"));
        assert_eq!(nearest("normalize", known), Some("normalise"));
        assert_eq!(nearest("prise", known), Some("price"));
        assert_eq!(nearest("status", known), None);
        assert_eq!(
            suggestion("prise", known),
            "; did you mean `price`?".to_owned()
        );
    }
}
