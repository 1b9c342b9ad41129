package thaw.finetune.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A ring over TLS gives a plain one's bits, and takes workers alone that show a trusted certificate. */
@Timeout(120)
class TlsTest {
    private static final char[] PASSWORD = "password".toCharArray();
    private static final Duration SHORT = Duration.ofSeconds(3);
    private static final Duration LONG = Duration.ofSeconds(40);

    @TempDir
    private static Path folder;
    private static KeyStore own;
    private static KeyStore other;
    private static Tls tls;

    @BeforeAll
    static void makeCertificates() throws Exception {
        CompletableFuture<KeyStore> second = CompletableFuture.supplyAsync(() -> keyStore("other"));
        own = keyStore("own");
        other = second.get();
        tls = tls(own, own);
    }

    /** A new key with a certificate that it signed itself. */
    private static KeyStore keyStore(String name) {
        try {
            Path file = folder.resolve(name + ".p12");
            Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/keytool").toString(), "-genkeypair",
                    "-keyalg", "EC", "-alias", name, "-dname", "CN=" + name, "-storetype", "PKCS12", "-keystore", file.toString(),
                    "-storepass", new String(PASSWORD)).redirectErrorStream(true).start();
            String printed = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, keytool.waitFor(), printed);
            return KeyStore.getInstance(file.toFile(), PASSWORD);
        } catch (IOException | GeneralSecurityException | InterruptedException failed) {
            throw new IllegalStateException(failed);
        }
    }

    private static SSLContext context(KeyStore key, KeyStore... trusted) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(key, PASSWORD);
        KeyStore certificates = KeyStore.getInstance("PKCS12");
        certificates.load(null, null);
        for (KeyStore store : trusted) {
            String alias = store.aliases().nextElement();
            certificates.setCertificateEntry(alias, store.getCertificate(alias));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(certificates);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static Tls tls(KeyStore key, KeyStore... trusted) throws Exception {
        return new Tls(context(key, trusted), List.of(), List.of());
    }

    private static float[] summed(ProcessGroup workers, int length) {
        SplittableRandom random = new SplittableRandom(workers.rank());
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) Math.scalb(random.nextDouble() - 0.5, random.nextInt(20));
        }
        workers.allReduce(values);
        return values;
    }

    @Test
    void sumsHaveThePlainOnesBits() throws Exception {
        for (int length : new int[] {1, 100_003}) {
            List<float[]> plain = Ring.of(3, workers -> summed(workers, length));
            List<float[]> encrypted = Ring.of(3, tls, workers -> summed(workers, length));
            for (int rank = 0; rank < 3; rank++) {
                assertArrayEquals(plain.get(rank), encrypted.get(rank));
            }
        }
    }

    /** The sums, or the messages, of two workers with their TLS. */
    private static CompletableFuture<List<String>> join(Tls first, Tls second, Duration patience) throws IOException {
        ServerSocket one = server();
        ServerSocket two = server();
        List<InetSocketAddress> addresses = List.of(address(one), address(two));
        return started(() -> joined(one, 0, addresses, first, patience))
                .thenCombine(started(() -> joined(two, 1, addresses, second, patience)), List::of);
    }

    private static CompletableFuture<String> started(Supplier<String> worker) {
        return CompletableFuture.supplyAsync(worker, task -> new Thread(task).start());
    }

    private static ServerSocket server() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static InetSocketAddress address(ServerSocket server) {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    private static String joined(ServerSocket server, int rank, List<InetSocketAddress> addresses, Tls tls, Duration patience) {
        try (server; SocketRing ring = SocketRing.join(server, rank, addresses, Ring.SECRET, tls, patience)) {
            float[] values = {1};
            ring.allReduce(values);
            return "sum " + values[0];
        } catch (IOException refused) {
            return refused.getMessage();
        }
    }

    @Test
    void workersNeedTlsAndATrustedCertificate() throws Exception {
        SSLContext context = context(own, own);
        KeyStore none = KeyStore.getInstance("PKCS12");
        none.load(null, null);
        assertEquals(List.of("sum 2.0", "sum 2.0"), join(tls, tls, LONG).get());

        // The side that is called waits for another caller, so all of these run together.
        CompletableFuture<List<String>> plainCaller = join(null, tls, SHORT);
        CompletableFuture<List<String>> plainCalled = join(tls, null, SHORT);
        CompletableFuture<List<String>> strangeCaller = join(tls(other, own), tls, SHORT);
        CompletableFuture<List<String>> strangeCalled = join(tls, tls(other, own), SHORT);
        CompletableFuture<List<String>> anonymousCaller = join(tls(none, own), tls, SHORT);
        CompletableFuture<List<String>> otherProtocol = join(new Tls(context, List.of("TLSv1.2"), List.of()),
                new Tls(context, List.of("TLSv1.3"), List.of("TLS_AES_128_GCM_SHA256")), SHORT);

        assertTrue(plainCaller.get().get(0).startsWith("worker 0 cannot join worker 1 at "), plainCaller.get().get(0));
        assertRefused("TLS: Unsupported or unrecognized SSL message", plainCaller.get().get(1));
        assertRefused("TLS: Unsupported or unrecognized SSL message", plainCalled.get().get(0));
        assertRefused("it sent something else than a worker's greeting", plainCalled.get().get(1));
        // A client shows no certificate at all, if the server lists others as trusted.
        assertRefused("TLS: Empty client certificate chain", strangeCaller.get().get(1));
        assertRefused("TLS: PKIX path building failed", strangeCalled.get().get(0));
        assertRefused("TLS: Empty client certificate chain", anonymousCaller.get().get(1));
        assertRefused("TLS: ", otherProtocol.get().get(1));
    }

    private static void assertRefused(String reason, String message) {
        // Newer Java versions name the alert, such as (certificate_required), before the reason.
        assertTrue(message.replaceFirst("TLS: \\(\\w+\\) ", "TLS: ").contains(": " + reason), message);
        assertEquals(reason.startsWith("TLS"), message.contains("each worker needs TLS and a certificate that the others trust"), message);
    }

    @Test
    void protocolsAndCipherSuitesAreThoseOfJava() throws Exception {
        SSLContext context = context(own, own);
        String unknown = assertThrows(IllegalArgumentException.class, () -> new Tls(context, List.of("TLSv9"), List.of())).getMessage();
        assertTrue(unknown.startsWith("protocol TLSv9: expected one of ") && unknown.contains("TLSv1.3"), unknown);
        assertThrows(IllegalArgumentException.class, () -> new Tls(context, List.of(), List.of("NULL")));
    }

    @Test
    void aStrangerThatSaysNothingDoesNotKeepTheWorkerOut() throws Exception {
        ServerSocket one = server();
        ServerSocket two = server();
        try (Socket silent = new Socket(two.getInetAddress(), two.getLocalPort())) {
            List<InetSocketAddress> addresses = List.of(address(one), address(two));
            CompletableFuture<String> joins = started(() -> joined(two, 1, addresses, tls, Duration.ofSeconds(4)));
            assertEquals("sum 2.0", joined(one, 0, addresses, tls, LONG));
            assertEquals("sum 2.0", joins.get());
            assertEquals(-1, silent.getInputStream().read());
        }
    }

    /** One between two workers, with a certificate that both trust, decrypts and passes on their proofs. */
    @Test
    void aProofThatIsPassedOnIsRefused() throws Exception {
        Tls trusting = tls(own, own, other);
        Tls between = tls(other, own, other);
        ServerSocket one = server();
        ServerSocket two = server();
        try (ServerSocket relay = server()) {
            CompletableFuture<String> joins = started(
                    () -> joined(two, 1, List.of(address(one), address(two)), trusting, SHORT));
            CompletableFuture<String> passed = started(() -> {
                try (Socket from = between.over(relay.accept(), PeerSocket.Side.CALLED);
                        Socket to = between.over(new Socket(two.getInetAddress(), two.getLocalPort()), PeerSocket.Side.CALLER)) {
                    CompletableFuture<Void> back = CompletableFuture.runAsync(() -> pass(to, from));
                    pass(from, to);
                    back.join();
                    return "passed";
                } catch (IOException failed) {
                    return failed.getMessage();
                }
            });
            String refused = joined(one, 0, List.of(address(one), address(relay)), trusting, SHORT);
            assertTrue(refused.endsWith("it does not know the group's secret") || refused.endsWith("it closed the connection"), refused);
            assertTrue(joins.get().endsWith("was refused: it does not know the group's secret")
                    || joins.get().endsWith("it closed the connection"), joins.get());
            assertEquals("passed", passed.get());
        }
    }

    private static void pass(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException ended) {
            // a worker has closed its connection
        }
    }
}
