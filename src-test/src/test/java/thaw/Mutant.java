package thaw;

import java.util.Arrays;
import java.util.Random;

/** Damaged copies of files. */
public final class Mutant {

    private Mutant() {
    }

    /** A copy with some bytes changed, mostly to extremes; or with a range removed, repeated, or overwritten by another. */
    public static byte[] of(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(bytes.length);
            int length = 1 + random.nextInt(Math.min(16, bytes.length - at));
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> Arrays.fill(bytes, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0x7f));
                case 3 -> System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), bytes, at, length);
                case 4 -> {
                    byte[] longer = Arrays.copyOf(bytes, bytes.length + length);
                    System.arraycopy(bytes, at, longer, at + length, bytes.length - at);
                    bytes = longer;
                }
                default -> {
                    if (bytes.length > 2 * length) {
                        System.arraycopy(bytes, at + length, bytes, at, bytes.length - at - length);
                        bytes = Arrays.copyOf(bytes, bytes.length - length);
                    }
                }
            }
        }
        return bytes;
    }
}
