//! What tests share that call a stand-in of an AWS service on this machine.

use std::{future::Future, net::Ipv4Addr};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use axum::Router;
use tokio::net::TcpListener;

/// The region of every stand-in.
pub(crate) const REGION: &str = "ap-northeast-1";
/// The key that every stand-in knows, and its secret.
pub(crate) const ACCESS_KEY: &str = "AKIDEXAMPLE";
pub(crate) const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// Serves the router on a free port until the test ends; gives the base address.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A configuration whose calls all go to this address, each once.
pub(crate) fn sdk(address: &str) -> impl Future<Output = SdkConfig> {
    let address = address.to_owned();
    let keys = Credentials::new(ACCESS_KEY, SECRET_KEY, Some("session".to_owned()), None, "test");
    async move {
        deepwiki_aws::client::load()
            .await
            .into_builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(address)
            .build()
    }
}
