//! Which vector instructions are used. Every algorithm has a portable form; a tier chooses how it is compiled.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// A set of instructions that vector code may be compiled for, from plain to wide. Every tier gives the same results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Tier {
    /// What every machine of the architecture has.
    Portable = 1,
    /// x86-64 with AVX2, BMI1, BMI2, LZCNT and POPCNT.
    Avx2 = 2,
    /// x86-64 with these, AVX-512 F, BW, CD, DQ, VL, VBMI and VBMI2, AES and VAES (Ice Lake, Zen 4 and later).
    Avx512 = 3,
}

/// The tier in use; 0 until it has been found out.
static CURRENT: AtomicU8 = AtomicU8::new(0);

/// The widest tier of this machine; 0 until it has been found out. Asked for each text, which may be short.
static AVAILABLE: AtomicU8 = AtomicU8::new(0);

impl Tier {
    /// All tiers, from plain to wide.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// The tier in use: the widest this machine has, unless [`force`](Self::force) has chosen another. For tests of a whole
    /// program, the environment names the [`widest_allowed`](Self::widest_allowed).
    #[inline]
    pub fn current() -> Self {
        match CURRENT.load(Ordering::Relaxed) {
            1 => Self::Portable,
            2 => Self::Avx2,
            3 => Self::Avx512,
            _ => Self::detect(),
        }
    }

    /// Whether this machine has the tier's instructions.
    #[inline]
    pub fn is_available(self) -> bool {
        let widest = match AVAILABLE.load(Ordering::Relaxed) {
            0 => Self::find_available(),
            widest => widest,
        };
        self as u8 <= widest
    }

    /// Finds out which tier is the widest that the machine has.
    #[cold]
    fn find_available() -> u8 {
        let widest = Self::ALL.into_iter().rev().find(|tier| tier.is_there()).unwrap_or(Self::Portable) as u8;
        AVAILABLE.store(widest, Ordering::Relaxed);
        widest
    }

    fn is_there(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let avx2 = || has!("avx2") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt");
            let avx512 =
                || has!("avx512f") && has!("avx512bw") && has!("avx512cd") && has!("avx512dq") && has!("avx512vl");
            let vbmi = || has!("avx512vbmi") && has!("avx512vbmi2") && has!("aes") && has!("vaes");
            match self {
                Self::Portable => true,
                Self::Avx2 => avx2(),
                Self::Avx512 => avx2() && avx512() && vbmi(),
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Self::Portable
        }
    }

    /// Makes this tier the one in use in the whole process, for tests and measurements. Returns whether the machine has
    /// it; if not, nothing changes.
    pub fn force(self) -> bool {
        let available = self.is_available();
        if available {
            CURRENT.store(self as u8, Ordering::Relaxed);
        }
        available
    }

    #[cold]
    fn detect() -> Self {
        let allowed = Self::widest_allowed().unwrap_or(Self::Portable);
        let may_be = |tier: &Self| *tier <= allowed && tier.is_available();
        let widest = Self::ALL.into_iter().rev().find(may_be).unwrap_or(Self::Portable);
        CURRENT.store(widest as u8, Ordering::Relaxed);
        widest
    }

    /// The tier that the environment's `TOKCORE_TIER` names, `portable`, `avx2` or `avx512`; the last if it is not set.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] if it names none; the plainest is in use then.
    pub fn widest_allowed() -> Result<Self> {
        let Some(name) = std::env::var_os("TOKCORE_TIER") else { return Ok(Self::Avx512) };
        match name.to_str() {
            Some("portable") => Ok(Self::Portable),
            Some("avx2") => Ok(Self::Avx2),
            Some("avx512") => Ok(Self::Avx512),
            _ => {
                let why = format!("TOKCORE_TIER is {name:?} in the environment: give portable, avx2 or avx512");
                Err(Error::new(ErrorKind::Argument, why))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portable_is_always_there_and_the_widest_is_the_default() {
        assert!(Tier::Portable.is_available());
        let allowed = Tier::widest_allowed().unwrap();
        let may_be = |tier: &Tier| tier.is_available() && *tier <= allowed;
        assert_eq!(Some(Tier::detect()), Tier::ALL.into_iter().filter(may_be).max());
    }
}
