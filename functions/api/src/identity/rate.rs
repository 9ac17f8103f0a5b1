//! How often one client may ask, where no gateway before this service sees to it. Memory is bounded, whoever comes.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// How many clients are kept in mind.
const CLIENTS: usize = 4096;

/// A limit: this many at once, and this many a second over time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) burst: f64,
    pub(crate) a_second: f64,
}

/// What a client may ask for: pages with their files, searches as they are typed.
pub(crate) const REQUESTS: Rate = Rate {
    burst: 200.0,
    a_second: 40.0,
};

/// How often a client may try a token.
pub(crate) const SIGN_INS: Rate = Rate {
    burst: 10.0,
    a_second: 0.1,
};

/// Counts what each client has left.
pub(crate) struct RateLimit {
    rate: Rate,
    begun: Instant,
    clients: Mutex<HashMap<IpAddr, Left>>,
}

#[derive(Clone, Copy)]
struct Left {
    tokens: f64,
    /// In seconds since the limit began.
    at: f64,
}

impl RateLimit {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            begun: Instant::now(),
            clients: Mutex::default(),
        }
    }

    /// Whether the client may ask now; else in how many seconds. This machine's own processes may always.
    pub(crate) fn admit(&self, client: IpAddr) -> Result<(), u32> {
        let client = client.to_canonical();
        if client.is_loopback() {
            return Ok(());
        }
        self.admit_at(network(client), self.begun.elapsed().as_secs_f64())
    }

    fn admit_at(&self, client: IpAddr, now: f64) -> Result<(), u32> {
        let Rate { burst, a_second } = self.rate;
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= CLIENTS && !clients.contains_key(&client) {
            // Whoever has everything left needs no entry; where all have asked just now, one of them begins anew.
            clients.retain(|_, left| left.tokens + (now - left.at) * a_second < burst);
            if clients.len() >= CLIENTS {
                let oldest = clients.iter().min_by(|(_, a), (_, b)| a.at.total_cmp(&b.at));
                let oldest = oldest.map(|(client, _)| *client);
                if let Some(oldest) = oldest {
                    clients.remove(&oldest);
                }
            }
        }
        let left = clients.entry(client).or_insert(Left {
            tokens: burst,
            at: now,
        });
        left.tokens = (left.tokens + (now - left.at) * a_second).min(burst);
        left.at = now;
        if left.tokens >= 1.0 {
            left.tokens -= 1.0;
            return Ok(());
        }
        let seconds = ((1.0 - left.tokens) / a_second).ceil().clamp(1.0, 3600.0);
        Err(seconds as u32)
    }
}

/// What counts as one client: of IPv6, the network of a household.
fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3.0,
        a_second: 0.5,
    };

    fn client(number: u32) -> IpAddr {
        IpAddr::V4((0x0a00_0000 + number).into())
    }

    #[test]
    fn what_was_used_comes_back_with_time() {
        let limit = RateLimit::new(RATE);
        for _ in 0..3 {
            assert_eq!(limit.admit_at(client(1), 0.0), Ok(()));
        }
        assert_eq!(limit.admit_at(client(1), 0.0), Err(2), "half a request a second");
        assert_eq!(limit.admit_at(client(2), 0.0), Ok(()), "others are not held back");
        assert_eq!(limit.admit_at(client(1), 2.0), Ok(()));
        assert_eq!(limit.admit_at(client(1), 2.0), Err(2));
        assert_eq!(limit.admit("127.0.0.1".parse().unwrap()), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let limit = RateLimit::new(RATE);
        for number in 0..10_000 {
            assert_eq!(limit.admit_at(client(number), f64::from(number) / 1e6), Ok(()));
        }
        assert!(limit.clients.lock().unwrap().len() <= CLIENTS);
    }

    #[test]
    fn a_household_is_one_client() {
        let [one, other, third] = ["2001:db8:1:2::3", "2001:db8:1:2:ffff::", "2001:db8:1:3::"]
            .map(|address| network(address.parse().unwrap()));
        assert!(one == other && one != third);
    }
}
