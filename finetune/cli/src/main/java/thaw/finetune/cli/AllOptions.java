package thaw.finetune.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Renders a command's help with its hidden options included. */
final class AllOptions {

    private AllOptions() {
    }

    static String help(CommandSpec spec) {
        CommandSpec shown = CommandSpec.create().name(spec.qualifiedName()).usageMessage(spec.usageMessage());
        spec.positionalParameters().forEach(one -> shown.addPositional(PositionalParamSpec.builder(one).build()));
        spec.options().forEach(one -> shown.addOption(OptionSpec.builder(one).hidden(false).build()));
        return new CommandLine(shown).getUsageMessage().stripTrailing();
    }
}
