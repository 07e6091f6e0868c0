//! A role's ARN is not a load balancer's.
use bicoastal_aws::elbv2::{Listener, ListenerAction};
use bicoastal_aws::iam::RoleHandle;

fn listener(role: &RoleHandle) {
    let _ = Listener::builder()
        .load_balancer(role.arn())
        .default_actions([ListenerAction::redirect_to_https()]);
}

fn main() {}
