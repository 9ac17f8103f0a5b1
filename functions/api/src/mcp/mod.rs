//! The wikis for agents, over the Model Context Protocol: stateless over HTTP at `/mcp`, and over stdio for the local
//! command. Answers are Markdown of bounded size that names repository and commit.

mod text;
mod tools;

use std::sync::Arc;

use axum::{body::Body, extract::Request, response::Response};
use deepwiki_domain::access::Principal;
use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorCode, Implementation,
        ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{Ports, Problem, Settings, library::Library, router::Permitted};

/// The longest request, in bytes.
const LONGEST_REQUEST: usize = 256 << 10;

/// What an agent is told when it connects.
const INSTRUCTIONS: &str = "Cited, checked wikis of source repositories. Begin with list_repositories, then \
     read_wiki_structure of one and read_wiki_contents of its pages; search finds lines and pages, ask_question answers \
     with citations. Every `path:start-end` belongs to the commit that the answer names.";

/// The tools for one asker.
#[derive(Clone)]
struct Tools {
    library: Library,
}

/// Serves one request. There are no sessions: each request is answered by itself, in JSON, with the asker's rights.
pub(crate) async fn over_http(Permitted(service): Permitted, request: Request) -> Response {
    // The router has checked host and origin of the request before this, for every address alike.
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(LONGEST_REQUEST)
        .disable_allowed_hosts();
    let tools = Tools {
        library: service.library,
    };
    let sessions = Arc::new(NeverSessionManager::default());
    let server = StreamableHttpService::new(move || Ok(tools.clone()), sessions, config);
    server.handle(request).await.map(Body::new)
}

/// Serves whoever started this process, over its streams, until they close.
///
/// # Errors
///
/// Fails where the other side does not speak the protocol.
pub async fn serve_mcp(
    ports: Ports,
    settings: &Settings,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), Problem> {
    let library = Library::new(ports, settings.cache_bytes).for_principal(Arc::new(Principal::local()));
    let failed =
        |error: &dyn std::fmt::Display| Problem::bad_request(format!("The MCP client failed: {error}"));
    let server = Tools { library }
        .serve((input, output))
        .await
        .map_err(|error| failed(&error))?;
    server.waiting().await.map(|_| ()).map_err(|error| failed(&error))
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("deepwiki-omr", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = serde_json::Value::Object(request.arguments.unwrap_or_default());
        let Some(call) = tools::Call::read(&request.name, arguments) else {
            let message = format!(
                "there is no tool `{}`",
                request.name.chars().take(80).collect::<String>()
            );
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None));
        };
        // What went wrong is told as the tool's result, where the agent can read it and do better.
        let answer = match call {
            Ok(call) => call.answer(&self.library).await,
            Err(problem) => Err(problem),
        };
        let result = match answer {
            Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
            Err(problem) => CallToolResult::error(vec![ContentBlock::text(problem.detail())]),
        };
        Ok(result.into())
    }
}
