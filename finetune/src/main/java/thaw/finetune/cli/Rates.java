package thaw.finetune.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Learning rates as they are given on a command line: one for all layer groups, or one for each. */
final class Rates {

    private Rates() {
    }

    /** @throws Failure if there are neither one nor as many as groups, or one is no rate; the message names the groups */
    static double[] require(String option, double[] rates, String architecture, List<String> groups) {
        if (rates.length != 1 && rates.length != groups.size()) {
            throw new Failure(option + " has " + rates.length + " rates, " + architecture + " has " + groups.size()
                    + " layer groups (" + String.join(", ", groups) + "); give one rate for all, or " + groups.size()
                    + " with commas between them");
        }
        for (double rate : rates) {
            if (!(rate >= 0 && Double.isFinite(rate))) {
                throw new Failure(option + ": a learning rate is a number of 0 or more, got "
                        + Arrays.stream(rates).mapToObj(String::valueOf).collect(Collectors.joining(",")));
            }
        }
        return rates;
    }

    /** Three digits of a rate, for a table: {@code 0.05}, {@code 1e-5}. */
    static String text(double rate) {
        if (rate == 0 || rate >= 1e-3 && rate < 1000) {
            return new BigDecimal(rate).round(new MathContext(3)).stripTrailingZeros().toPlainString();
        }
        return String.format(Locale.ROOT, "%.2e", rate).replaceFirst("\\.?0*e", "e").replaceFirst("e([+-])0", "e$1");
    }
}
