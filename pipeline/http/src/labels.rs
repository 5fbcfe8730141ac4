//! The labels of the pages, in Kazakh, Russian and English: one file a language, used by the pages and here for
//! explanations. A test holds the three to the same keys.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

const FILES: [(&str, &str); 3] = [
    ("kk", include_str!("../../dashboard/assets/labels/kk.json")),
    ("ru", include_str!("../../dashboard/assets/labels/ru.json")),
    ("en", include_str!("../../dashboard/assets/labels/en.json")),
];

type Labels = BTreeMap<String, String>;

static ALL: LazyLock<BTreeMap<&'static str, Labels>> =
    LazyLock::new(|| FILES.iter().map(|(lang, text)| (*lang, serde_json::from_str(text).unwrap_or_default())).collect());

fn label<'a>(lang: &str, group: &str, code: &'a str) -> std::borrow::Cow<'a, str> {
    ALL.get(lang).and_then(|l| l.get(&format!("{group}.{code}"))).map_or(code.into(), |s| s.clone().into())
}

/// What happened and why, in the three languages, from the fields of a decision or a booking.
pub fn story(v: &Value) -> Value {
    let text = |k: &str| v.get(k).and_then(Value::as_str).unwrap_or("");
    let tell = |lang: &str| {
        let mut parts = Vec::new();
        for (group, key) in [("outcome", "outcome"), ("status", "status"), ("kind", "kind"), ("reason", "reason")] {
            let code = text(key);
            if !code.is_empty() { parts.push(label(lang, group, code).into_owned()); }
        }
        for reason in v.get("reasons").and_then(Value::as_array).into_iter().flatten() {
            let of = |k: &str| reason.get(k).and_then(Value::as_str).unwrap_or("");
            let mut part = label(lang, "reason", of("code")).into_owned();
            if !of("check").is_empty() { part.push_str(&format!(" ({})", label(lang, "check", of("check")))); }
            if !of("clause").is_empty() { part.push_str(&format!(", {}", of("clause"))); }
            parts.push(part);
        }
        for key in ["rule", "clause"] { if !text(key).is_empty() { parts.push(text(key).to_owned()); } }
        parts.join(" · ")
    };
    json!({"kk": tell("kk"), "ru": tell("ru"), "en": tell("en")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_is_missing() {
        let keys = |lang: &str| ALL[lang].keys().cloned().collect::<Vec<_>>();
        assert!(keys("en").len() > 100, "the files are read");
        for lang in ["kk", "ru"] { assert_eq!(keys(lang), keys("en"), "{lang} has other labels than en"); }
        for (lang, labels) in ALL.iter() {
            for (key, text) in labels { assert!(!text.trim().is_empty(), "{lang}: {key} is empty"); }
        }
    }

    /// Every label the pages ask for, by `t("…")` or `data-t="…"`, is there; and every code of the contract.
    #[test]
    fn pages_ask_for_known_labels() {
        let en = &ALL["en"];
        for file in crate::assets::files() {
            let text = String::from_utf8_lossy(file.contents());
            for opening in ["t(\"", "data-t=\"", "data-t-label=\"", "data-t-placeholder=\""] {
                for (i, _) in text.match_indices(opening) {
                    if opening == "t(\"" && text[..i].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') { continue; }
                    let key: String = text[i + opening.len()..].chars().take_while(|c| *c != '"').collect();
                    if key.ends_with('.') { continue; }
                    assert!(en.contains_key(&key), "{}: no label `{key}`", file.path().display());
                }
            }
        }
        for (group, codes) in [
            ("outcome", "open ask_officer refuse recorded"),
            ("reason", "clean proof officer console ambiguous one_edit fleet_neighbour not_from_zone live_lane barrier_held low_confidence country_conflict watch_list reopened barrier_failed offline no_booking not_due consumed revoked checkpoint_closed no_match stale_read left_uncalled zone unknown_checkpoint not_freight horizon_exceeded slot_in_past slot_full already_active vin_active check_failed source_unavailable transfer_forbidden change_forbidden"),
            ("status", "requested waiting_source confirmed refused rescheduled notified in_zone called released at_gate admitted crossed late annulled cancelled revoked"),
            ("check", "account vehicle_registration driving_licence wanted agri_registration transport_permit insurance tax_debt traffic_fines digital_documents biometrics phone_match toll_debt tech_inspection vet_phyto dangerous_goods_permit customs_declaration accompanying_documents"),
            ("kind", "T-ROUTE T-CHECKPOINT T-OVERDUE T-CLONE T-WEIGHT T-SEAL T-WANTED T-TRANSIT T-DOCS T-QUEUE T-STOP DEVICE"),
            ("task", "sent seen accepted declined stop_started finished cancelled"),
            ("mode", "mandatory mixed offline"), ("lane", "turn priority"), ("state", "raised updated cleared"), ("sourcestate", "ok degraded down silent"),
            ("role", "centre officer group analyst auditor public"),
        ] {
            for code in codes.split(' ') { assert!(en.contains_key(&format!("{group}.{code}")), "no label {group}.{code}"); }
        }
    }
}
