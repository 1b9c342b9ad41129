package thaw.finetune.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** A file that a command is to write when its work is done, which may be hours from now. */
final class OutputFile {

    private OutputFile() {
    }

    /** @throws Failure if it's known already that it cannot be written */
    static void requireWritable(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(file)) {
            throw new Failure(file + ": is a folder; give the name of a file to write");
        }
        if (!Files.isDirectory(folder)) {
            throw new Failure("cannot write " + file + ": there is no folder " + folder);
        }
        if (!Files.isWritable(folder)) {
            throw new Failure("cannot write " + file + ": no permission to write in the folder " + folder);
        }
    }
}
