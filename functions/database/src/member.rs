//! The names of instances, clusters and zones.

use crossover_model::arn::{self, Arn};

/// What a side is: an instance, a cluster, or a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// As it was declared: the side's name.
    pub side: String,
    /// Its identifier, in small letters as RDS keeps them; or the zone.
    pub id: String,
    /// Its Region; none when that is the function's own.
    pub region: Option<String>,
    /// What it is.
    pub is: Is,
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// A DB instance.
    Instance,
    /// A DB cluster.
    Cluster,
    /// An Availability Zone.
    Zone,
}

impl Is {
    /// The word that an ARN has for it.
    fn word(self) -> &'static str {
        match self {
            Self::Instance => "db",
            Self::Cluster => "cluster",
            Self::Zone => "zone",
        }
    }
}

impl Member {
    /// The zone of this name.
    pub(crate) fn zone(name: &str) -> Self {
        Self { side: name.to_owned(), id: name.to_owned(), region: None, is: Is::Zone }
    }

    /// An identifier or an ARN; a bare identifier is the first of what it may be.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(name: &str, region: Option<String>, may_be: &[Is]) -> Result<Self, String> {
        let words: Vec<&str> = may_be.iter().map(|is| is.word()).collect();
        let example = format!("arn:aws:rds:us-west-2:111122223333:{}:orders", words.first().unwrap_or(&"db"));
        let (id, region, is) = if arn::is_meant(name) {
            let arn = Arn::of(name).filter(|arn| arn.service == "rds");
            let parts = arn.and_then(|arn| Some((arn.region, arn.resource.split_once(':')?)));
            let Some((of, (word, id))) = parts.filter(|(_, (_, id))| !id.contains(':')) else {
                return Err(format!("is no ARN of RDS; expected one as in \"{example}\""));
            };
            let is = may_be.iter().find(|is| is.word() == word);
            let is = is.ok_or_else(|| format!("is a {word}; expected {}, as in \"{example}\"", words.join(" or ")))?;
            if let Some(other) = region.filter(|region| region != of) {
                return Err(format!("is in {of} by its ARN, and region says \"{other}\"; keep one of the two"));
            }
            (id, Some(of.to_owned()), *is)
        } else {
            (name, region, may_be.first().copied().unwrap_or(Is::Instance))
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if id.is_empty() || id.len() > 63 || !id.chars().all(fits) || !id.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(format!(
                "is not an identifier: a letter, then letters, digits and hyphens, 63 at most; or \"{example}\""
            ));
        }
        Ok(Self { side: name.to_owned(), id: id.to_ascii_lowercase(), region, is })
    }

    /// Its identifier and its Region, for people.
    pub(crate) fn place(&self) -> String {
        self.region.as_ref().map_or_else(|| self.id.clone(), |region| format!("{} in {region}", self.id))
    }

    /// Whether RDS names this member so: by its ARN, or by its identifier where both are in one Region.
    pub(crate) fn is_named(&self, name: &str, from: &Self) -> bool {
        let (id, region) = Arn::of(name).map_or((name, from.region.as_deref()), |arn| (arn.id(), Some(arn.region)));
        let same_region = self.region.is_none() || region.is_none() || self.region.as_deref() == region;
        self.id == id && same_region
    }
}
