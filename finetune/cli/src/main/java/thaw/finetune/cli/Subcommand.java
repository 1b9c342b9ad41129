package thaw.finetune.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command after {@code thaw}; the options that all of them have are the last in its help. */
abstract class Subcommand implements Callable<Integer> {

    @Mixin
    OutputOptions output;
}
