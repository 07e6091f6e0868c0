//! A role's ARN is not a certificate's.
use bicoastal_aws::acm::CertificateHandle;
use bicoastal_aws::elbv2::{Listener, ListenerAction, ListenerProtocol, LoadBalancerHandle};
use bicoastal_aws::iam::RoleHandle;

fn listener(balancer: &LoadBalancerHandle, certificate: &CertificateHandle, role: &RoleHandle) {
    let https = || {
        Listener::builder()
            .load_balancer(balancer.arn())
            .port(443)
            .protocol(ListenerProtocol::Https)
            .default_actions([ListenerAction::redirect_to_https()])
    };
    let _ = https().certificate(certificate.arn()).build();
    let _ = https().certificate(role.arn()).build();
}

fn main() {}
