//! Policies that AWS keeps for everybody. A selection, each with the document of a stand-in:
//! what they allow is nobody's business here, as permissions are not evaluated.

/// Path (without the leading slash) and name.
const NAMES: [&str; 62] = [
    "AWSBackupFullAccess",
    "AWSCloudFormationFullAccess",
    "AWSCloudFormationReadOnlyAccess",
    "AWSCodeBuildAdminAccess",
    "AWSKeyManagementServicePowerUser",
    "AWSLambda_FullAccess",
    "AWSLambda_ReadOnlyAccess",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayFullAccess",
    "AWSXrayWriteOnlyAccess",
    "AdministratorAccess",
    "AmazonDynamoDBFullAccess",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2FullAccess",
    "AmazonEC2ReadOnlyAccess",
    "AmazonECS_FullAccess",
    "AmazonEKSClusterPolicy",
    "AmazonEKSServicePolicy",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonElastiCacheFullAccess",
    "AmazonEventBridgeFullAccess",
    "AmazonKinesisFullAccess",
    "AmazonKinesisReadOnlyAccess",
    "AmazonRDSDataFullAccess",
    "AmazonRDSFullAccess",
    "AmazonRDSReadOnlyAccess",
    "AmazonRoute53FullAccess",
    "AmazonRoute53ReadOnlyAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSNSFullAccess",
    "AmazonSNSReadOnlyAccess",
    "AmazonSQSFullAccess",
    "AmazonSQSReadOnlyAccess",
    "AmazonSSMFullAccess",
    "AmazonSSMManagedInstanceCore",
    "AmazonSSMReadOnlyAccess",
    "AmazonVPCFullAccess",
    "AmazonVPCReadOnlyAccess",
    "CloudFrontFullAccess",
    "CloudFrontReadOnlyAccess",
    "CloudWatchAgentServerPolicy",
    "CloudWatchFullAccess",
    "CloudWatchLogsFullAccess",
    "CloudWatchReadOnlyAccess",
    "ElasticLoadBalancingFullAccess",
    "ElasticLoadBalancingReadOnly",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecretsManagerReadWrite",
    "SecurityAudit",
    "job-function/ViewOnlyAccess",
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaVPCAccessExecutionRole",
    "service-role/AWSLambdaDynamoDBExecutionRole",
    "service-role/AmazonECSTaskExecutionRolePolicy",
    "service-role/AmazonRDSEnhancedMonitoringRole",
    "service-role/RDSCloudHsmAuthorizationRole",
];

/// One of the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AwsPolicy(&'static str);

impl AwsPolicy {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        NAMES.into_iter().map(Self)
    }

    pub(super) fn arn(self) -> String {
        format!("arn:aws:iam::aws:policy/{}", self.0)
    }

    pub(super) fn name(self) -> &'static str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    pub(super) fn path(self) -> String {
        format!("/{}", self.0.strip_suffix(self.name()).unwrap_or_default())
    }

    /// `ANPA…`, made of the name.
    pub(super) fn id(self) -> String {
        let name: String = self
            .name()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .chain("AWSAWSAWSAWSAWSAW".chars())
            .take(17)
            .collect();
        format!("ANPA{name}")
    }

    pub(super) fn document(self) -> &'static str {
        match self.0 {
            "AdministratorAccess" => {
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
            }
            _ => {
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetAccountSummary","Resource":"*"}]}"#
            }
        }
    }
}

/// The policy with this ARN.
pub(super) fn find(arn: &str) -> Option<AwsPolicy> {
    AwsPolicy::all().find(|policy| policy.arn() == arn)
}

/// The name in a policy's ARN.
pub(super) fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}
