//! Functions that analysts of queues need: plates, distances, names.
//!
//! `plate_normal(text)`, `mask_plate(text)`, `plate_similar(a, b)`, `haversine_km(lat, lon, lat, lon)`,
//! `checkpoint_name(slug, lang)`. A null argument gives null.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Float64Array, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::cast::{as_float64_array, as_string_array};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::scalar::ScalarValue;
use kezek_schemas::plate::Plate;
use kezek_schemas::reference::Catalogue;

/// Mean radius of the Earth (IUGG), km.
const EARTH_KM: f64 = 6371.0088;

/// Every function, over the catalogue whose names it tells.
pub(crate) fn all(catalogue: &Arc<Catalogue>) -> Vec<ScalarUDF> {
    let names = catalogue.clone();
    vec![
        texts("plate_normal", 1, |a| a.first().map(|t| Plate::normalise(t).as_str().to_owned())),
        texts("mask_plate", 1, |a| a.first().map(|t| Plate::normalise(t).masked())),
        texts("checkpoint_name", 2, move |a| {
            let (slug, lang) = (a.first()?, a.get(1)?);
            name_of(&names, slug, lang)
        }),
        numbers("plate_similar", vec![DataType::Utf8; 2], |args, row| {
            let (a, b) = (text(args, 0, row)?, text(args, 1, row)?);
            Some(similar(&Plate::normalise(a), &Plate::normalise(b)))
        }),
        numbers("haversine_km", vec![DataType::Float64; 4], |args, row| {
            Some(haversine_km(number(args, 0, row)?, number(args, 1, row)?, number(args, 2, row)?, number(args, 3, row)?))
        }),
    ]
}

/// A checkpoint's name; the catalogue has no Kazakh names of checkpoints apart from the Russian ones, and English
/// readers get the slug in title case.
fn name_of(catalogue: &Catalogue, slug: &str, lang: &str) -> Option<String> {
    let id = catalogue.checkpoints.keys().find(|id| id.as_str() == slug).or_else(|| catalogue.aliases.get(slug))?;
    match lang {
        "ru" | "kk" => catalogue.checkpoints.get(id).map(|c| c.name_ru.clone()),
        "en" => Some(id.as_str().split('-').map(capitalised).collect::<Vec<_>>().join(" ")),
        _ => None,
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// How alike two plates look, 0 to 1: one minus the edit distance over the longer length, where a pair of
/// look-alike symbols counts half an edit. For looking, never proof.
fn similar(a: &Plate, b: &Plate) -> f64 {
    let (x, y): (Vec<char>, Vec<char>) = (a.as_str().chars().collect(), b.as_str().chars().collect());
    let (sx, sy): (Vec<char>, Vec<char>) = (a.skeleton().as_str().chars().collect(), b.skeleton().as_str().chars().collect());
    let longest = x.len().max(y.len());
    if longest == 0 { return 1.0; }
    let mut before: Vec<u32> = (0..=y.len() as u32).map(|n| n * 2).collect();
    for (i, a) in x.iter().enumerate() {
        let mut row = vec![(i as u32 + 1) * 2];
        for (j, b) in y.iter().enumerate() {
            let change = if a == b { 0 } else if sx.get(i) == sy.get(j) { 1 } else { 2 };
            row.push((before[j] + change).min(before[j + 1] + 2).min(row[j] + 2));
        }
        before = row;
    }
    let distance = before.last().map_or(0.0, |d| f64::from(*d) / 2.0);
    1.0 - distance / longest as f64
}

/// Great-circle distance.
fn haversine_km(lat1: f64, lon1: f64, lat2: f64, lon2: f64) -> f64 {
    let (p1, p2) = (lat1.to_radians(), lat2.to_radians());
    let (dp, dl) = ((p2 - p1) / 2.0, (lon2 - lon1).to_radians() / 2.0);
    let a = dp.sin().powi(2) + p1.cos() * p2.cos() * dl.sin().powi(2);
    2.0 * EARTH_KM * a.sqrt().min(1.0).asin()
}

fn text(args: &[ArrayRef], n: usize, row: usize) -> Option<&str> {
    let array = as_string_array(args.get(n)?).ok()?;
    array.is_valid(row).then(|| array.value(row))
}

fn number(args: &[ArrayRef], n: usize, row: usize) -> Option<f64> {
    let array = as_float64_array(args.get(n)?).ok()?;
    array.is_valid(row).then(|| array.value(row))
}

fn texts(name: &str, args: usize, f: impl Fn(&[&str]) -> Option<String> + Send + Sync + 'static) -> ScalarUDF {
    udf(name, vec![DataType::Utf8; args], DataType::Utf8, move |arrays, rows| {
        let out: StringArray = (0..rows).map(|row| {
            let values: Option<Vec<&str>> = (0..args).map(|n| text(arrays, n, row)).collect();
            values.and_then(|v| f(&v))
        }).collect();
        Arc::new(out)
    })
}

fn numbers(name: &str, args: Vec<DataType>, f: impl Fn(&[ArrayRef], usize) -> Option<f64> + Send + Sync + 'static) -> ScalarUDF {
    udf(name, args, DataType::Float64, move |arrays, rows| {
        Arc::new((0..rows).map(|row| f(arrays, row)).collect::<Float64Array>())
    })
}

fn udf(name: &str, args: Vec<DataType>, out: DataType, f: impl Fn(&[ArrayRef], usize) -> ArrayRef + Send + Sync + 'static) -> ScalarUDF {
    create_udf(name, args, out, Volatility::Immutable, Arc::new(move |values: &[ColumnarValue]| -> Result<ColumnarValue> {
        let constant = values.iter().all(|v| matches!(v, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(values)?;
        let rows = arrays.first().map_or(1, |a| a.len());
        let result = f(&arrays, rows);
        if constant { Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?)) } else { Ok(ColumnarValue::Array(result)) }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity() {
        for (a, b, least, most) in [
            ("123ABC02", "123 abc 02", 1.0, 1.0),
            ("123ABC02", "123A8C02", 0.93, 0.94),
            ("123ABC02", "124ABC02", 0.87, 0.88),
            ("123ABC02", "B804EK77", 0.0, 0.4),
            ("", "", 1.0, 1.0),
        ] {
            let s = similar(&Plate::normalise(a), &Plate::normalise(b));
            assert!((least..=most).contains(&s), "{a} {b}: {s}");
        }
    }

    #[test]
    fn distances_and_names() {
        let km = haversine_km(43.238, 76.945, 51.128, 71.430);
        assert!((960.0..985.0).contains(&km), "{km}");
        let catalogue = Catalogue::shipped().unwrap();
        assert_eq!(name_of(&catalogue, "kurmangazy", "ru").as_deref(), Some("Курмангазы"));
        assert_eq!(name_of(&catalogue, "nur-zholy", "en").as_deref(), Some("Nur Zholy"));
        assert_eq!(name_of(&catalogue, "nowhere", "ru"), None);
    }
}
