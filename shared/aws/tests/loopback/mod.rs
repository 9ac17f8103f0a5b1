//! Resources on the loopback AWS, a set of its own for each test.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_sdk_sqs::types::QueueAttributeName;

/// How long the loopback AWS may take to do what it was asked, in tenths of a second.
const PATIENCE: u32 = 300;

/// A connection to the loopback AWS.
pub(crate) struct Loopback {
    pub(crate) sdk: SdkConfig,
    name: String,
}

impl Loopback {
    /// None, and a word about it, where no endpoint is set.
    pub(crate) async fn connect() -> Option<Self> {
        let Ok(endpoint) = std::env::var("DEEPWIKI_TEST_AWS_ENDPOINT") else {
            eprintln!("skipped: DEEPWIKI_TEST_AWS_ENDPOINT is not set; `make test-aws` sets it");
            return None;
        };
        let keys = Credentials::new("test", "test", None, None, "test");
        let sdk = deepwiki_aws::client::load()
            .await
            .into_builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .endpoint_url(endpoint)
            .build();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let name = format!("conformance-{}-{}", std::process::id(), since.as_nanos());
        Some(Self { sdk, name })
    }

    /// A client that reaches objects by the adapter's way of addressing.
    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.sdk).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    pub(crate) async fn bucket(&self) -> String {
        let place = CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::ApNortheast1)
            .build();
        let create = self.s3().create_bucket().bucket(&self.name);
        create.create_bucket_configuration(place).send().await.unwrap();
        self.name.clone()
    }

    /// The table of jobs, with its index.
    pub(crate) async fn jobs_table(&self) -> String {
        let index = GlobalSecondaryIndex::builder()
            .index_name("by-repository")
            .key_schema(key("repository", KeyType::Hash))
            .key_schema(key("started_at", KeyType::Range))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()
            .unwrap();
        self.table("build", None, Some(index)).await
    }

    /// A table by the names of its keys.
    pub(crate) async fn table(
        &self,
        hash: &str,
        range: Option<&str>,
        index: Option<GlobalSecondaryIndex>,
    ) -> String {
        let client = aws_sdk_dynamodb::Client::new(&self.sdk);
        let mut create = client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key(hash, KeyType::Hash))
            .attribute_definitions(attribute(hash, ScalarAttributeType::S));
        if let Some(range) = range {
            create = create
                .key_schema(key(range, KeyType::Range))
                .attribute_definitions(attribute(range, ScalarAttributeType::S));
        }
        if let Some(index) = index {
            create = create
                .attribute_definitions(attribute("repository", ScalarAttributeType::S))
                .attribute_definitions(attribute("started_at", ScalarAttributeType::N))
                .global_secondary_indexes(index);
        }
        create.send().await.unwrap();
        self.name.clone()
    }

    pub(crate) async fn fifo_queue(&self) -> String {
        let create = aws_sdk_sqs::Client::new(&self.sdk)
            .create_queue()
            .queue_name(format!("{}.fifo", self.name))
            .attributes(QueueAttributeName::FifoQueue, "true");
        create.send().await.unwrap().queue_url.unwrap()
    }

    /// Everything in a queue, in order, taken out.
    pub(crate) async fn drain(&self, url: &str) -> Vec<String> {
        let client = aws_sdk_sqs::Client::new(&self.sdk);
        let mut bodies = Vec::new();
        loop {
            let receive = client.receive_message().queue_url(url).max_number_of_messages(10);
            let messages = receive.send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return bodies;
            }
            for message in messages {
                bodies.push(message.body.unwrap());
                let receipt = message.receipt_handle.unwrap();
                client
                    .delete_message()
                    .queue_url(url)
                    .receipt_handle(receipt)
                    .send()
                    .await
                    .unwrap();
            }
        }
    }

    /// The next message of a queue, once there is one.
    pub(crate) async fn receive(&self, url: &str) -> String {
        for _ in 0..PATIENCE {
            if let Some(body) = self.drain(url).await.into_iter().next() {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no message came");
    }

    pub(crate) async fn state_machine(&self, definition: &str) -> String {
        let create = aws_sdk_sfn::Client::new(&self.sdk)
            .create_state_machine()
            .name(&self.name)
            .definition(definition)
            .role_arn("arn:aws:iam::000000000000:role/test");
        create.send().await.unwrap().state_machine_arn
    }

    pub(crate) async fn executions(&self, arn: &str) -> usize {
        let client = aws_sdk_sfn::Client::new(&self.sdk);
        client
            .list_executions()
            .state_machine_arn(arn)
            .send()
            .await
            .unwrap()
            .executions
            .len()
    }

    /// The input of an execution, once it has ended.
    pub(crate) async fn input_of_ended(&self, machine: &str, name: &str) -> String {
        self.ended(machine, name).await.input.unwrap()
    }

    /// The error and cause of an execution, once it has ended.
    pub(crate) async fn failure_of_ended(&self, machine: &str, name: &str) -> (String, String) {
        let execution = self.ended(machine, name).await;
        (execution.error.unwrap(), execution.cause.unwrap())
    }

    async fn ended(
        &self,
        machine: &str,
        name: &str,
    ) -> aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput {
        let client = aws_sdk_sfn::Client::new(&self.sdk);
        let arn = format!("{}:{name}", machine.replace(":stateMachine:", ":execution:"));
        for _ in 0..PATIENCE {
            let execution = client
                .describe_execution()
                .execution_arn(&arn)
                .send()
                .await
                .unwrap();
            if execution.stop_date.is_some() {
                return execution;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the execution {name} does not end");
    }
}

/// A state machine that sends a task token into a queue and waits for the answer.
pub(crate) fn waiting_machine(queue_url: &str) -> String {
    serde_json::json!({"StartAt": "Wait", "States": {"Wait": {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {
            "QueueUrl": queue_url,
            "MessageBody.$": "$$.Task.Token",
            "MessageGroupId": "tokens",
            "MessageDeduplicationId.$": "$$.Execution.Name",
        },
        "End": true,
    }}})
    .to_string()
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .unwrap()
}

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()
        .unwrap()
}
