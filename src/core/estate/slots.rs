//! A table whose ids may be kept by others: a place is used again, its id is not.

use super::EntityId;

/// The id of no entity.
pub const NOBODY: EntityId = u32::MAX;

/// Bits of an id that say the place; the rest say which life of it.
const PLACE: u32 = 20;
const LAST_LIFE: u32 = (1 << (32 - PLACE)) - 1;

#[derive(Clone, Debug)]
struct Slot<T> {
    life: u32,
    value: Option<T>,
}

#[derive(Clone, Debug)]
pub struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    len: usize,
}

impl<T> Default for Slots<T> {
    fn default() -> Slots<T> {
        Slots { slots: Vec::new(), free: Vec::new(), len: 0 }
    }
}

impl<T> Slots<T> {
    /// None when there is no place left: about a million at once.
    pub fn add(&mut self, value: T) -> Option<EntityId> {
        let place = match self.free.pop() {
            Some(place) => place,
            None if self.slots.len() >= (1 << PLACE) - 1 => return None,
            None => {
                self.slots.push(Slot { life: 0, value: None });
                self.slots.len() as u32 - 1
            }
        };
        let slot = self.slots.get_mut(place as usize)?;
        slot.value = Some(value);
        self.len += 1;
        Some(slot.life << PLACE | place)
    }

    pub fn get(&self, id: EntityId) -> Option<&T> {
        let slot = self.slots.get((id & ((1 << PLACE) - 1)) as usize)?;
        slot.value.as_ref().filter(|_| slot.life == id >> PLACE)
    }

    pub fn get_mut(&mut self, id: EntityId) -> Option<&mut T> {
        let slot = self.slots.get_mut((id & ((1 << PLACE) - 1)) as usize)?;
        slot.value.as_mut().filter(|_| slot.life == id >> PLACE)
    }

    pub fn remove(&mut self, id: EntityId) -> Option<T> {
        self.get(id)?;
        let place = id & ((1 << PLACE) - 1);
        let slot = self.slots.get_mut(place as usize)?;
        // after its last life a place stays empty for good: 16 bytes in 4096 lives
        if slot.life < LAST_LIFE {
            slot.life += 1;
            self.free.push(place);
        }
        self.len -= 1;
        slot.value.take()
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn iter(&self) -> impl Iterator<Item = (EntityId, &T)> {
        self.slots.iter().enumerate().filter_map(|(i, slot)| {
            let id = slot.life << PLACE | i as u32;
            slot.value.as_ref().map(|v| (id, v))
        })
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (EntityId, &mut T)> {
        self.slots.iter_mut().enumerate().filter_map(|(i, slot)| {
            let id = slot.life << PLACE | i as u32;
            slot.value.as_mut().map(|v| (id, v))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worn_out_place_is_not_used_again() {
        let mut s = Slots::default();
        let mut seen = std::collections::HashSet::new();
        for i in 0..10_000 {
            let id = s.add(i).unwrap();
            assert!(id != NOBODY && seen.insert(id));
            assert_eq!(s.remove(id), Some(i));
            assert!(s.get(id).is_none() && s.remove(id).is_none());
        }
        assert_eq!((s.len(), s.slots.len()), (0, 3));
    }
}
