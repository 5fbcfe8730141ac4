//! TLS of the wire. A certificate or key that cannot be used refuses the start; there is no falling back to plain
//! text, and where TLS is configured a client without it is told to go.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion_postgres::pgwire::tokio::TlsAcceptor;
use datafusion_postgres::pgwire::tokio::tokio_rustls::rustls::crypto::ring::default_provider;
use datafusion_postgres::pgwire::tokio::tokio_rustls::rustls::pki_types::pem::PemObject as _;
use datafusion_postgres::pgwire::tokio::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use datafusion_postgres::pgwire::tokio::tokio_rustls::rustls::{Error, ServerConfig};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {0}: {1}")]
    File(PathBuf, std::io::Error),
    /// No certificate or key in it.
    #[error("{0}: no {1} in PEM form")]
    Pem(PathBuf, &'static str),
    /// They do not belong together, or are of no use.
    #[error("certificate and key: {0}")]
    Pair(#[from] Error),
}

/// Reads certificate chain and key.
pub(crate) fn acceptor(cert: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let read = |path: &Path| std::fs::read(path).map_err(|e| TlsError::File(path.to_owned(), e));
    let chain = CertificateDer::pem_slice_iter(&read(cert)?).collect::<Result<Vec<_>, _>>()
        .map_err(|_| TlsError::Pem(cert.to_owned(), "certificate"))?;
    if chain.is_empty() { return Err(TlsError::Pem(cert.to_owned(), "certificate")); }
    let key = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| TlsError::Pem(key.to_owned(), "private key"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions()?
        .with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
