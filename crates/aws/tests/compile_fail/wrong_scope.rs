//! A load balancer is in a region; it is not global.
use bicoastal_aws::elbv2::LoadBalancer;
use bicoastal_model::Stack;

fn main() {
    let mut stack = Stack::new("shop");
    let front = LoadBalancer::builder().name("front").subnets(["subnet-1", "subnet-2"]).build();
    stack.global().add("front", front);
}
