package thaw.finetune.spark;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.spark.SSLOptions;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;
import thaw.finetune.distributed.Tls;

/** TLS between workers by the options {@code spark.ssl.rpc}, of which Spark reads passwords from its configuration or environment too. */
final class RpcTls {
    private static final String OPTIONS = "spark.ssl.rpc.";

    private RpcTls() {
    }

    /**
     * Reads the stores, and the names of protocol and cipher suites.
     *
     * @throws IllegalArgumentException if there is no key store or no trust store, or one cannot be read; the message names the option
     */
    static Tls of(SSLOptions options) {
        char[] storePassword = password(options.keyStorePassword());
        KeyStore keys = store("keyStore", options.keyStore(), storePassword);
        KeyStore trusted = store("trustStore", options.trustStore(), password(options.trustStorePassword()));
        try {
            KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            own.init(keys, options.keyPassword().isEmpty() ? storePassword : password(options.keyPassword()));
            TrustManagerFactory others = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            others.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own.getKeyManagers(), others.getTrustManagers(), null);
            // The protocol "TLS" stands for all of its versions that Java allows.
            List<String> protocols = OptionConverters.toJava(options.protocol()).filter(name -> !name.equals("TLS")).stream().toList();
            return new Tls(context, protocols, List.copyOf(CollectionConverters.asJava(options.enabledAlgorithms())));
        } catch (GeneralSecurityException unusable) {
            throw new IllegalArgumentException(OPTIONS + "keyPassword: the key cannot be read: " + unusable.getMessage(), unusable);
        }
    }

    private static char[] password(Option<String> given) {
        return OptionConverters.toJava(given).orElse("").toCharArray();
    }

    private static KeyStore store(String option, Option<File> file, char[] password) {
        File given = OptionConverters.toJava(file).orElseThrow(() -> new IllegalArgumentException(OPTIONS + option
                + " is not set; workers need spark.ssl.rpc.keyStore and spark.ssl.rpc.trustStore, files of the types JKS or PKCS12"));
        try {
            if (!given.isFile()) {
                throw new FileNotFoundException("there is no such file");
            }
            KeyStore store = KeyStore.getInstance(given, password);
            if (store.size() == 0) {
                throw new KeyStoreException("it has no entry");
            }
            return store;
        } catch (IOException | GeneralSecurityException unreadable) {
            throw new IllegalArgumentException(OPTIONS + option + ": " + given + " cannot be read: " + unreadable.getMessage(), unreadable);
        }
    }
}
