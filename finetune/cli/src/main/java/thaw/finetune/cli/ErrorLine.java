package thaw.finetune.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;
import thaw.finetune.data.FileNames;
import thaw.finetune.data.ImageFolderException;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.predict.NonFiniteScoresException;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.finetune.train.DivergenceException;
import thaw.kernels.DeviceException;

/** Formats an error as one line for the user: {@code thaw: …}. */
final class ErrorLine {

    private static final long MEBIBYTE = 1 << 20;

    private ErrorLine() {
    }

    /** The line for an invalid command line, with a reference to the command's {@code --help}. */
    static String ofUsage(ParameterException wrong) {
        CommandSpec command = wrong.getCommandLine().getCommandSpec();
        String message = wrong instanceof UnmatchedArgumentException unmatched
                ? ofUnmatched(unmatched.getUnmatched().get(0), command) : ofParameter(wrong.getMessage());
        return line(message + " (see " + command.qualifiedName() + " --help)");
    }

    /** picocli's message, with "number" and "whole number" in place of Java's type names. */
    private static String ofParameter(String message) {
        return firstLower(message).replaceFirst("is not a (double|float)$", "is not a number")
                .replaceFirst("is not an? (int|long)$", "is not a whole number");
    }

    private static String ofUnmatched(String argument, CommandSpec command) {
        if (argument.startsWith("-")) {
            return "unknown option '" + argument + "'" + Spelling.hint(argument, command.optionsMap().keySet());
        }
        return command.subcommands().isEmpty() ? "too many arguments: '" + argument + "'"
                : "unknown command '" + argument + "'" + Spelling.hint(argument, command.subcommands().keySet());
    }

    /** The line for a failure of a command. */
    static String of(Throwable failure) {
        return line(message(failure));
    }

    /** The line without its beginning. */
    static String message(Throwable failure) {
        if (failure instanceof InvalidPathException path && path.getInput().chars().anyMatch(c -> c >= 0x80)) {
            return FileNames.remedy(path.getInput());
        }
        // The messages of these name the cause and the remedy already.
        boolean speaksForItself = failure instanceof Failure || failure instanceof ImageFolderException
                || failure instanceof ImageReadException || failure instanceof NotEnoughMemoryException
                || failure instanceof DivergenceException || failure instanceof NonFiniteScoresException
                || failure instanceof DeviceException || failure instanceof IllegalArgumentException;
        if (speaksForItself && failure.getMessage() != null) {
            return failure.getMessage();
        }
        if (failure instanceof UncheckedIOException wrapped) {
            return ofFile(wrapped.getCause());
        }
        if (failure instanceof IOException io) {
            return ofFile(io);
        }
        if (failure instanceof OutOfMemoryError) {
            return "not enough memory: Java's heap of " + Runtime.getRuntime().maxMemory() / MEBIBYTE
                    + " MiB is full; use a smaller batch or smaller images, or raise its limit (JAVA_TOOL_OPTIONS=-Xmx8g)";
        }
        if (failure instanceof InternalError && String.valueOf(failure.getMessage()).contains("unsafe memory access")) {
            // Java's error for a page of a mapped file that is no longer there.
            return "a file was cut short while it was read, or its disk failed; try again when nothing writes to it";
        }
        return "internal error: " + failure + "; --verbose shows the stack trace";
    }

    private static String ofFile(IOException failure) {
        if (failure instanceof NoSuchFileException missing) {
            return missing.getFile() + ": no such file";
        }
        if (failure instanceof AccessDeniedException denied) {
            return denied.getFile() + ": permission denied";
        }
        if (failure instanceof FileSystemException other && other.getReason() != null) {
            return other.getFile() + ": " + other.getReason();
        }
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    /** Joins the lines of a message, because file names can contain line breaks. */
    static String line(String message) {
        return "thaw: " + message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    private static String firstLower(String message) {
        return message.isEmpty() ? message : Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }
}
