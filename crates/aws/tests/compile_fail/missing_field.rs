//! A table has a partition key.
use bicoastal_aws::dynamodb::{Billing, Table};

fn main() {
    let _ = Table::builder().name("sessions").billing(Billing::OnDemand).build();
}
