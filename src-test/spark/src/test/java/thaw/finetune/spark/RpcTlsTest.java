package thaw.finetune.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;

/** Workers encrypt where Spark does, with its key store and trust store. */
class RpcTlsTest {
    @TempDir
    private static Path folder;
    private static Path store;

    @BeforeAll
    static void makeStore() throws Exception {
        store = folder.resolve("store.p12");
        assertEquals(0,
                new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/keytool").toString(), "-genkeypair", "-keyalg", "EC",
                        "-alias", "worker", "-dname", "CN=worker", "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass",
                        "password")
                        .redirectErrorStream(true).redirectOutput(folder.resolve("keytool.txt").toFile()).start().waitFor());
    }

    private static SecurityManager security(SparkConf conf) {
        return new SecurityManager(conf, Option.empty(), null);
    }

    /** A configuration with both stores. */
    private static SparkConf stores() {
        return new SparkConf(false).set("spark.ssl.rpc.enabled", "true")
                .set("spark.ssl.rpc.keyStore", store.toString()).set("spark.ssl.rpc.keyStorePassword", "password")
                .set("spark.ssl.rpc.trustStore", store.toString()).set("spark.ssl.rpc.trustStorePassword", "password");
    }

    private static String refusal(SparkConf conf) {
        return assertThrows(IllegalArgumentException.class, () -> BarrierWorker.tls(security(conf))).getMessage();
    }

    @Test
    void theOptionsOfSparkAreRead() {
        assertNull(BarrierWorker.tls(security(new SparkConf(false))));
        assertNotNull(BarrierWorker.tls(security(stores())));
        assertNotNull(BarrierWorker.tls(security(stores().set("spark.ssl.rpc.protocol", "TLSv1.3")
                .set("spark.ssl.rpc.enabledAlgorithms", "TLS_AES_128_GCM_SHA256").set("spark.ssl.rpc.keyPassword", "password"))));
        assertNotNull(BarrierWorker.tls(security(stores().set("spark.ssl.rpc.protocol", "TLS"))));
    }

    @Test
    void whatIsMissingOrUnreadableIsNamed() throws Exception {
        assertTrue(refusal(stores().remove("spark.ssl.rpc.trustStore")).startsWith("spark.ssl.rpc.trustStore is not set"));
        String absent = refusal(stores().set("spark.ssl.rpc.keyStore", folder.resolve("none.p12").toString()));
        assertTrue(absent.startsWith("spark.ssl.rpc.keyStore: ") && absent.contains("none.p12"), absent);
        String wrong = refusal(stores().set("spark.ssl.rpc.trustStorePassword", "guess"));
        assertTrue(wrong.startsWith("spark.ssl.rpc.trustStore: ") && wrong.contains("password"), wrong);
        String key = refusal(stores().set("spark.ssl.rpc.keyPassword", "guess"));
        assertTrue(key.startsWith("spark.ssl.rpc.keyPassword: "), key);
        Path text = Files.writeString(folder.resolve("text.p12"), "no store");
        assertTrue(refusal(stores().set("spark.ssl.rpc.keyStore", text.toString())).startsWith("spark.ssl.rpc.keyStore: " + text));
        String unknown = refusal(stores().set("spark.ssl.rpc.protocol", "TLSv9"));
        assertTrue(unknown.startsWith("protocol TLSv9: expected one of "), unknown);
    }

    @Test
    void encryptionOtherThanTlsIsRefused() {
        SparkConf crypto = new SparkConf(false).set("spark.authenticate", "true").set("spark.authenticate.secret", "secret")
                .set("spark.network.crypto.enabled", "true");
        String refused = refusal(crypto);
        assertTrue(refused.contains("set spark.ssl.rpc.enabled"), refused);
    }
}
