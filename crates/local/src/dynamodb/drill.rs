//! What a drill does to DynamoDB and what it can see there, beyond the API.

use std::collections::BTreeSet;

use super::items::replication::LostWrite;
use super::state::State;

impl State {
    /// Cuts a region off: nothing is replicated from it or to it until [`State::join`].
    /// Its tables go on taking writes from whoever reaches them.
    pub fn isolate(&mut self, region: &str) {
        self.isolated.insert(region.to_owned());
    }

    /// Ends [`State::isolate`]; what waited is replicated when it is due.
    pub fn join(&mut self, region: &str) {
        self.isolated.remove(region);
    }

    /// The regions that replication passes over: those that are cut off, and those that are gone.
    pub(super) fn cut_off(&self, gone: &BTreeSet<String>) -> BTreeSet<String> {
        self.isolated.union(gone).cloned().collect()
    }

    /// Writes that were accepted in one replica and replaced by another replica's later write
    /// that had not seen them: last-writer-wins at work, in the order of the writes.
    pub fn lost_writes(&self, account: &str, table: &str) -> Vec<LostWrite> {
        let lost = self.accounts.get(account).into_iter().flat_map(|db| db.lost.values());
        lost.filter(|lost| lost.table == table).cloned().collect()
    }

    /// How many writes to a table are not yet everywhere.
    pub fn replicating(&self, account: &str, table: &str) -> usize {
        let shipments = self.accounts.get(account).into_iter().flat_map(|db| &db.shipments);
        shipments.filter(|shipment| shipment.table == table).count()
    }

    /// How long ago the oldest write was made that is not yet everywhere, in milliseconds;
    /// `None` where nothing waits.
    pub fn replication_lag_ms(&self, account: &str, table: &str, now_ms: i64) -> Option<i64> {
        let shipments = self.accounts.get(account).into_iter().flat_map(|db| &db.shipments);
        let waiting = shipments.filter(|shipment| shipment.table == table);
        waiting.map(|shipment| now_ms - shipment.written_at_ms).max()
    }

    /// Says that the write capacity of a table is scaled automatically (Application Auto
    /// Scaling is not modelled), which lets a provisioned table have replicas.
    pub fn autoscale(&mut self, account: &str, region: &str, table: &str) {
        let db = self.accounts.entry(account.to_owned()).or_default();
        db.autoscaled.insert(format!("{region}/{table}"));
    }

    /// Lets CloudWatch take no more rules of Contributor Insights in a region, or take them again: to
    /// switch it on ends in `FAILED` meanwhile.
    pub fn refuse_insights(&mut self, account: &str, region: &str, refuse: bool) {
        let db = self.accounts.entry(account.to_owned()).or_default();
        match refuse {
            true => db.no_more_insights.insert(region.to_owned()),
            false => db.no_more_insights.remove(region),
        };
    }

    /// Says that a Kinesis data stream is not there, or is again (Kinesis is not modelled: every
    /// stream is there otherwise). To send a table's changes to it ends in `ENABLE_FAILED` meanwhile.
    pub fn lose_stream(&mut self, account: &str, arn: &str, lose: bool) {
        let db = self.accounts.entry(account.to_owned()).or_default();
        match lose {
            true => db.lost_streams.insert(arn.to_owned()),
            false => db.lost_streams.remove(arn),
        };
    }

    /// Makes a replica unreachable for the service, as when its region is disabled for the
    /// account (`REGION_DISABLED`) or its key is gone (`INACCESSIBLE_ENCRYPTION_CREDENTIALS`).
    /// After twenty hours the service drops it from the global table; its table stays.
    /// False where there is no such replica.
    pub fn lose_replica(
        &mut self,
        account: &str,
        table: &str,
        region: &str,
        status: &str,
        now_ms: i64,
    ) -> bool {
        let Some(db) = self.accounts.get_mut(account) else { return false };
        let mut groups = db.groups.values_mut().filter(|group| group.name == table);
        let Some(member) = groups.find_map(|group| group.members.get_mut(region)) else {
            return false;
        };
        member.inaccessible = Some(super::global::Inaccessible {
            status: status.to_owned(),
            cause: format!("The replica in {region} can't be reached: {status}"),
            since_ms: now_ms,
        });
        true
    }
}
