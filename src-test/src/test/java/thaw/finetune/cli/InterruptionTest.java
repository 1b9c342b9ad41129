package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InterruptionTest {

    /** After a driver of OpenCL has set and reset a handler, Java's table has none; here it is emptied, in another process. */
    @Test
    void closesWhereJavaHasLostItsHandler() throws IOException, InterruptedException {
        Process java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-opens",
                "java.base/jdk.internal.misc=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), InterruptionTest.class.getName())
                .redirectErrorStream(true).start();
        String out = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals("closed", out);
        assertEquals(128 + 15, java.waitFor());
    }

    /** Ends by SIGTERM, as it would have without an interruption before. */
    public static void main(String[] args) throws ReflectiveOperationException, IOException, InterruptedException {
        Field handlers = Class.forName("jdk.internal.misc.Signal").getDeclaredField("handlers");
        handlers.setAccessible(true);
        ((Map<?, ?>) handlers.get(null)).clear();
        new Interruption(() -> {}).close();
        System.out.print("closed");
        System.out.flush();
        new ProcessBuilder("kill", "-TERM", String.valueOf(ProcessHandle.current().pid())).start().waitFor();
        Thread.sleep(60_000);
    }
}
