package thaw.finetune.cli;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.ParseResult;
import thaw.finetune.run.PictureFingerprint;
import thaw.finetune.run.RunFolder;
import thaw.finetune.run.RunSettings;
import thaw.finetune.run.RunSetup;

/** The option {@code --resume}: that the run which goes on is the one that began. */
final class Resumption {

    /** Options that a run may be resumed with: they change nothing of what comes of it. */
    private static final Set<String> NEUTRAL = Set.of("--resume", "--out", "--checkpoint-every", "--device", "--threads",
            "--json", "--verbose");
    /** In lines of {@link RunSettings#differences}. */
    private static final String PICTURES = "data.fingerprint";

    private final RunFolder folder;
    private final OutputOptions output;

    Resumption(RunFolder folder, OutputOptions output) {
        this.folder = folder;
        this.output = output;
    }

    /**
     * The settings of a run as it began, for a command line that says no more than that it is to go on.
     *
     * @throws Failure if it does say more, or there is no run, or the pictures are others
     */
    RunSettings settings(ParseResult line) throws IOException {
        if (!folder.hasRun()) {
            throw new Failure(folder.path() + ": has no settings.json, so no run began there; give the whole command, with DATA");
        }
        List<String> other = line.matchedOptions().stream().map(option -> option.longestName())
                .filter(name -> !NEUTRAL.contains(name)).toList();
        if (!other.isEmpty()) {
            throw new Failure("--resume takes everything from " + folder.settingsFile() + "; leave " + String.join(", ", other)
                    + " out, or repeat the whole command, with DATA, to have it compared");
        }
        RunSettings settings = folder.settings();
        requirePictures(settings.data(), settings.data().found(RunSetup.images(settings, 1)));
        return settings;
    }

    /** @throws Failure if a command line that says everything says something else than the run began with */
    void requireSame(RunSettings now) throws IOException {
        RunSettings began = folder.settings();
        List<String> differences = began.differences(now).stream().filter(line -> !line.startsWith(PICTURES)).toList();
        if (!differences.isEmpty()) {
            throw new Failure("--resume: the run in " + folder.path() + " began with other settings: "
                    + String.join("; ", differences) + "; give the same, or begin another run in another folder");
        }
        requirePictures(began.data(), now.data());
    }

    private void requirePictures(RunSettings.Data began, RunSettings.Data now) {
        PictureFingerprint then = began.fingerprint();
        if (!began.classes().equals(now.classes()) || !then.names().equals(now.fingerprint().names())) {
            throw new Failure("--resume: the pictures in " + now.path() + " are others than when the run began: "
                    + began.trainImages() + " and " + began.validImages() + " then, " + now.trainImages() + " and "
                    + now.validImages() + " now; put them back, or begin another run");
        }
        if (!then.sizes().equals(now.fingerprint().sizes())) {
            throw new Failure("--resume: pictures in " + now.path() + " were changed since the run began: files of the same"
                    + " names have other sizes; put the old ones back, or begin another run");
        }
        if (!then.modified().equals(now.fingerprint().modified())) {
            output.note("pictures in " + now.path() + " were written anew since the run began, with the same names and sizes:"
                    + " where they show something else, it ends otherwise than it would have");
        }
    }
}
