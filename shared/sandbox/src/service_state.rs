//! State of services outside of the account file.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
};

/// State of a sandbox's services that its account file does not hold, by its type.
#[derive(Default)]
pub struct ServiceState(BTreeMap<TypeId, Box<dyn Any + Send>>);

impl ServiceState {
    /// The state of type `T`.
    pub fn of<T: Default + Send + 'static>(&mut self) -> &mut T {
        let kept = self.0.entry(TypeId::of::<T>()).or_insert_with(|| Box::<T>::default());
        kept.downcast_mut().unwrap_or_else(|| unreachable!("it is found by its type"))
    }
}
