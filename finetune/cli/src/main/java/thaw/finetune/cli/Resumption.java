package thaw.finetune.cli;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.ParseResult;
import thaw.finetune.run.RunFolder;
import thaw.finetune.run.RunSettings;

/** The option {@code --resume}: checks that a resumed run has the settings, images and classes that it began with. */
record Resumption(RunFolder folder, OutputOptions output) {

    /** Options allowed together with {@code --resume} alone, because they do not change the run's settings. */
    private static final Set<String> NEUTRAL = Set.of("--resume", "--out", "--checkpoint-every", "--device", "--threads",
            "--json", "--verbose");
    /** The prefix of the image fingerprint's lines in {@link RunSettings#differences}. */
    private static final String IMAGES = "data.fingerprint";

    /**
     * The settings that a run began with, for a command line with {@code --resume} and without DATA.
     *
     * @throws Failure if other options are given, there is no run, or the images have changed
     */
    RunSettings settings(ParseResult line) throws IOException {
        if (!folder.hasRun()) {
            throw new Failure(folder.path() + ": has no settings.json, so it holds no run; give the whole command, with DATA");
        }
        List<String> other = line.matchedOptions().stream().map(option -> option.longestName())
                .filter(name -> !NEUTRAL.contains(name)).toList();
        if (!other.isEmpty()) {
            throw new Failure("--resume takes all settings from " + folder.settingsFile() + "; leave " + String.join(", ", other)
                    + " out, or repeat the whole command, with DATA, to compare them");
        }
        RunSettings settings = folder.settings();
        requireImages(settings.data(), settings.data().found(settings.data().images(settings.variation(), 1)));
        return settings;
    }

    /** @throws Failure if the settings of a complete command line differ from those that the run began with */
    void requireSame(RunSettings now) throws IOException {
        RunSettings began = folder.settings();
        List<String> differences = began.differences(now).stream().filter(line -> !line.startsWith(IMAGES)).toList();
        if (!differences.isEmpty()) {
            throw new Failure("--resume: the run in " + folder.path() + " began with other settings: "
                    + String.join("; ", differences) + "; give the same, or begin another run in another folder");
        }
        requireImages(began.data(), now.data());
    }

    private void requireImages(RunSettings.Data began, RunSettings.Data now) {
        RunSettings.Found then = began.found();
        RunSettings.Found found = now.found();
        String place = now.source().path();
        if (!then.classes().equals(found.classes()) || !then.fingerprint().names().equals(found.fingerprint().names())) {
            throw new Failure("--resume: the images in " + place + " are not those that the run began with: then "
                    + then.trainImages() + " for training and " + then.validImages() + " for validation, now "
                    + found.trainImages() + " and " + found.validImages() + "; restore them, or begin another run");
        }
        if (!then.fingerprint().sizes().equals(found.fingerprint().sizes())) {
            throw new Failure("--resume: images in " + place + " were changed since the run began: files of the same"
                    + " names have other sizes; restore the old files, or begin another run");
        }
        if (!then.fingerprint().modified().equals(found.fingerprint().modified())) {
            output.note("images in " + place + " were rewritten since the run began, with the same names and sizes;"
                    + " if their contents differ, so does the result");
        }
    }
}
