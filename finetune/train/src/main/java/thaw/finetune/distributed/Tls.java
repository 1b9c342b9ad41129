package thaw.finetune.distributed;

import java.io.IOException;
import java.net.Socket;
import java.security.cert.CertificateEncodingException;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/**
 * TLS between workers with mutual authentication: each side shows a certificate that the other one trusts. Names in certificates are
 * not compared with hosts, because workers often share one certificate.
 */
public final class Tls {
    private final SSLContext context;
    private final List<String> protocols;
    private final List<String> cipherSuites;

    /**
     * @param context      with this worker's key and the certificates that it trusts
     * @param protocols    such as {@code TLSv1.3}; empty for Java's choice
     * @param cipherSuites such as {@code TLS_AES_128_GCM_SHA256}; empty for Java's choice
     * @throws IllegalArgumentException if Java does not know a protocol or a cipher suite
     */
    public Tls(SSLContext context, List<String> protocols, List<String> cipherSuites) {
        this.context = context;
        this.protocols = known("protocol", protocols, context.getSupportedSSLParameters().getProtocols());
        this.cipherSuites = known("cipher suite", cipherSuites, context.getSupportedSSLParameters().getCipherSuites());
    }

    private static List<String> known(String kind, List<String> names, String[] supported) {
        for (String name : names) {
            if (!List.of(supported).contains(name)) {
                throw new IllegalArgumentException(kind + " " + name + ": expected one of " + String.join(", ", supported));
            }
        }
        return List.copyOf(names);
    }

    /** Encrypts a connection, once both sides have agreed on keys. */
    SSLSocket over(Socket connected, PeerSocket.Side side) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connected, connected.getInetAddress().getHostAddress(),
                connected.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setNeedClientAuth(true);
        if (!protocols.isEmpty()) {
            parameters.setProtocols(protocols.toArray(String[]::new));
        }
        if (!cipherSuites.isEmpty()) {
            parameters.setCipherSuites(cipherSuites.toArray(String[]::new));
        }
        socket.setUseClientMode(side == PeerSocket.Side.CALLER);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /** The called side's certificate, which both sides see, unless one between them decrypts (tls-server-end-point of RFC 5929). */
    static byte[] binding(SSLSession session, PeerSocket.Side side) throws IOException {
        try {
            return (side == PeerSocket.Side.CALLER ? session.getPeerCertificates() : session.getLocalCertificates())[0].getEncoded();
        } catch (CertificateEncodingException unreadable) {
            throw new IOException(unreadable);
        }
    }
}
