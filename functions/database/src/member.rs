//! The names of instances, clusters and zones.

use crossover_model::arn::{self, Arn};

/// The member that a side is: an instance, a cluster, or a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The side's name, as declared.
    pub side: String,
    /// Its identifier, in lower case as RDS keeps it; or the zone.
    pub id: String,
    /// Its Region; `None` for the function's own.
    pub region: Option<String>,
    /// Its type.
    pub is: Is,
}

/// The type of a member.
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
    /// Its resource type in an ARN.
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

    /// Parses an identifier or an ARN; a bare identifier is of the first type in `may_be`.
    ///
    /// # Errors
    /// The problem, in words.
    pub(crate) fn parse(name: &str, region: Option<String>, may_be: &[Is]) -> Result<Self, String> {
        let words: Vec<&str> = may_be.iter().map(|is| is.word()).collect();
        let example = format!("arn:aws:rds:us-west-2:111122223333:{}:orders", words.first().unwrap_or(&"db"));
        let (id, region, is) = if arn::is_meant(name) {
            let arn = Arn::of(name).filter(|arn| arn.service == "rds");
            let parts = arn.and_then(|arn| Some((arn.region, arn.resource.split_once(':')?)));
            let Some((of, (word, id))) = parts.filter(|(_, (_, id))| !id.contains(':')) else {
                return Err(format!("is not an RDS ARN; expected one as in \"{example}\""));
            };
            let is = may_be.iter().find(|is| is.word() == word);
            let is = is.ok_or_else(|| format!("is a {word}; expected {}, as in \"{example}\"", words.join(" or ")))?;
            if let Some(other) = region.filter(|region| region != of) {
                return Err(format!("is in {of} by its ARN, but region is \"{other}\"; remove one of the two"));
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

    /// Its identifier and Region, as shown to people.
    pub(crate) fn label(&self) -> String {
        self.region.as_ref().map_or_else(|| self.id.clone(), |region| format!("{} in {region}", self.id))
    }

    /// Whether RDS means this member: by its ARN, or by its identifier within one Region.
    pub(crate) fn is_named(&self, name: &str, from: &Self) -> bool {
        let (id, region) = Arn::of(name).map_or((name, from.region.as_deref()), |arn| (arn.id(), Some(arn.region)));
        let same_region = self.region.is_none() || region.is_none() || self.region.as_deref() == region;
        self.id == id && same_region
    }
}
