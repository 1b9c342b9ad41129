package thaw.finetune.distributed;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A connection of two workers, which have proved to each other that they know the group's secret. Floats travel in frames: their number,
 * then the values, little-endian; a frame with the number {@value #HEARTBEAT} shows that the sender is alive.
 *
 * <p>The proof is a challenge and response: either side sends {@code thaw-sum}, its rank and a random nonce of 32 bytes, and then
 * HMAC-SHA256 by the secret of its side's number and both of these greetings. With {@link Tls} all of this is encrypted, and the proof
 * covers the called side's certificate too, so that no third one can pass a proof on.
 */
final class PeerSocket implements Closeable {

    /** The least time without any sign of life after which a worker counts as gone; a pause of its garbage collector is shorter. */
    static final Duration SILENCE = Duration.ofSeconds(60);
    private static final byte[] MAGIC = "thaw-sum".getBytes(StandardCharsets.US_ASCII);
    private static final int NONCE = 32;
    private static final int HEARTBEAT = -1;
    private static final int PIECE = 1 << 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The side of a connection; its number is a part of the proof, so that a proof cannot be sent back. */
    enum Side {
        CALLER, CALLED
    }

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final int peer;
    private final byte[] received = new byte[PIECE];
    private final byte[] sent = new byte[PIECE];
    private final float[] values = new float[PIECE / Float.BYTES];

    /**
     * Greets the other side, and checks its proof.
     *
     * @param socket   connected; closed if this throws
     * @param rank     of this worker
     * @param expected the rank of the other one
     * @param tls      null for a connection that is not encrypted
     * @throws IOException if the other side is no worker of the group; the message says why
     */
    PeerSocket(Socket socket, Side side, int rank, int expected, byte[] secret, @Nullable Tls tls) throws IOException {
        try {
            this.socket = socket;
            this.peer = expected;
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) SILENCE.toMillis());
            Socket greeted = socket;
            byte[] binding = {};
            if (tls != null) {
                SSLSocket encrypted = tls.over(socket, side);
                greeted = encrypted;
                binding = Tls.binding(encrypted.getSession(), side);
            }
            in = new DataInputStream(greeted.getInputStream());
            out = new DataOutputStream(new BufferedOutputStream(greeted.getOutputStream(), PIECE + Integer.BYTES));
            byte[] nonce = new byte[NONCE];
            RANDOM.nextBytes(nonce);
            byte[] own = ByteBuffer.allocate(MAGIC.length + Integer.BYTES + NONCE).put(MAGIC).putInt(rank).put(nonce).array();
            out.write(own);
            out.flush();
            byte[] other = new byte[own.length];
            in.readFully(other);
            if (!MessageDigest.isEqual(MAGIC, Arrays.copyOf(other, MAGIC.length))) {
                throw new ProtocolException("it sent something else than a worker's greeting");
            }
            int greeting = ByteBuffer.wrap(other).getInt(MAGIC.length);
            if (greeting != expected) {
                throw new ProtocolException("expected worker " + expected + ", got worker " + greeting);
            }
            out.write(proof(secret, side, own, other, binding));
            out.flush();
            Side otherSide = side == Side.CALLER ? Side.CALLED : Side.CALLER;
            byte[] proof = proof(secret, otherSide, other, own, binding);
            byte[] given = new byte[proof.length];
            in.readFully(given);
            if (!MessageDigest.isEqual(proof, given)) {
                throw new ProtocolException("it does not know the group's secret");
            }
        } catch (IOException | RuntimeException refused) {
            socket.close();
            throw refused;
        }
    }

    private static byte[] proof(byte[] secret, Side side, byte[] prover, byte[] verifier, byte[] binding) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            mac.update((byte) side.ordinal());
            mac.update(prover);
            mac.update(verifier);
            return mac.doFinal(binding);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible); // every Java has it
        }
    }

    /** The other worker's rank. */
    int peer() {
        return peer;
    }

    /** Sends {@code values[from … to − 1]}. */
    synchronized void send(float[] all, int from, int to) throws IOException {
        out.writeInt(to - from);
        for (int at = from; at < to; at += PIECE / Float.BYTES) {
            int count = Math.min(PIECE / Float.BYTES, to - at);
            ByteBuffer.wrap(sent).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(all, at, count);
            out.write(sent, 0, count * Float.BYTES);
        }
        out.flush();
    }

    /** Shows the other side that this one is alive. */
    synchronized void beat() throws IOException {
        out.writeInt(HEARTBEAT);
        out.flush();
    }

    /** Receives as many floats as {@code all[from … to − 1]} and puts them in their place. */
    void receive(float[] all, int from, int to) throws IOException {
        await(to - from);
        for (int at = from; at < to; at += values.length) {
            int count = piece(to - at);
            System.arraycopy(values, 0, all, at, count);
        }
    }

    /** Receives as many floats as {@code all[from … to − 1]} and adds them. */
    void add(float[] all, int from, int to) throws IOException {
        await(to - from);
        for (int at = from; at < to; at += values.length) {
            int count = piece(to - at);
            for (int i = 0; i < count; i++) {
                all[at + i] += values[i];
            }
        }
    }

    private void await(int expected) throws IOException {
        int count = in.readInt();
        while (count == HEARTBEAT) {
            count = in.readInt();
        }
        if (count != expected) {
            throw new ProtocolException("expected " + expected + " numbers, got " + count + "; all workers need the same network and"
                    + " settings");
        }
    }

    private int piece(int left) throws IOException {
        int count = Math.min(values.length, left);
        in.readFully(received, 0, count * Float.BYTES);
        ByteBuffer.wrap(received).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values, 0, count);
        return count;
    }

    /** Closes the connection below TLS, which would wait for a write that a stalled worker blocks. */
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
