package thaw.finetune.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkException;

/**
 * The arguments of an application for {@code spark-submit}.
 *
 * @param operands the folders and files, in order
 * @param options  the options' values by name, such as {@code --model}
 */
record Arguments(List<String> operands, Map<String, String> options) {

    /** An application's work. */
    @FunctionalInterface
    interface Work {
        void run() throws Exception;
    }

    /** Runs an application; a failure is one line on standard error, and exit code 2. */
    static void run(String name, Work work) {
        try {
            work.run();
        } catch (Exception failed) {
            System.err.println(name + ": " + message(failed));
            System.exit(2);
        }
    }

    /** The first line of a message; a failed job's cause has it, Spark's own messages repeat the executors' stack traces. */
    private static String message(Throwable failed) {
        Throwable cause = failed;
        while (cause instanceof SparkException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse(cause.toString());
    }

    /**
     * Reads arguments by their usage, such as {@code IN OUT --model FILE [--size N]}: operands, options, optional ones in brackets.
     *
     * @throws IllegalArgumentException if one is missing, is unknown or comes twice; the message has the usage
     */
    static Arguments parse(String usage, String... args) {
        List<String> words = List.of(usage.split(" "));
        List<String> operands = new ArrayList<>();
        Map<String, String> options = new HashMap<>();
        boolean fits = true;
        for (int i = 0; i < args.length; i++) {
            if (!args[i].startsWith("--")) {
                operands.add(args[i]);
            } else {
                fits &= (words.contains(args[i]) || words.contains("[" + args[i])) && i + 1 < args.length
                        && options.put(args[i], args[++i]) == null;
            }
        }
        int expected = (int) words.stream().takeWhile(word -> !word.contains("--")).count();
        fits &= operands.size() == expected && words.stream().filter(word -> word.startsWith("--")).allMatch(options::containsKey);
        if (!fits) {
            throw new IllegalArgumentException(
                    "expected " + usage + ", got " + (args.length == 0 ? "nothing" : String.join(" ", args)));
        }
        return new Arguments(operands, options);
    }

    /** An option's whole number, from 1. */
    int number(String option, int otherwise) {
        String given = options.getOrDefault(option, Integer.toString(otherwise));
        if (!given.matches("[1-9]\\d{0,8}")) {
            throw new IllegalArgumentException(option + ": expected a whole number from 1 to 999999999, got " + given);
        }
        return Integer.parseInt(given);
    }
}
