package thaw.finetune.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import thaw.finetune.plan.LearningRates;

/** Parses and checks learning rates from the command line: one for all layer groups, or one per group. */
final class Rates {

    private Rates() {
    }

    /** @throws Failure if the number of rates is neither 1 nor that of the groups, or a rate is negative or not finite */
    static double[] require(String option, double[] rates, String architecture, List<String> groups) {
        if (rates.length != 1 && rates.length != groups.size()) {
            throw new Failure(option + " has " + rates.length + " rates, " + architecture + " has " + groups.size()
                    + " layer groups (" + String.join(", ", groups) + "); give one rate for all, or " + groups.size()
                    + " separated by commas");
        }
        for (double rate : rates) {
            if (!(rate >= 0 && Double.isFinite(rate))) {
                throw new Failure(option + ": expected learning rates of 0 or more, got "
                        + Arrays.stream(rates).mapToObj(String::valueOf).collect(Collectors.joining(",")));
            }
        }
        return rates;
    }

    /** Like {@link #require(String, double[], String, List)}; only rates per group are checked. */
    static void require(String option, LearningRates rates, String architecture, List<String> groups) {
        if (rates instanceof LearningRates.PerGroup each) {
            require(option, each.rates().stream().mapToDouble(Double::doubleValue).toArray(), architecture, groups);
        }
    }

    /** Converts {@code 0.01}, {@code 1e-5,1e-4,1e-2}, {@code 1e-5:1e-2}, {@code :1e-2}; see also {@link LearningRates#parse}. */
    static final class Converter implements ITypeConverter<LearningRates> {

        private static final String NUMBERS = "[^(]*";

        @Override
        public LearningRates convert(String value) {
            try {
                if (!value.matches(NUMBERS)) {
                    return LearningRates.parse(value);
                }
                int colon = value.indexOf(':');
                if (colon < 0) {
                    return LearningRates.of(Arrays.stream(value.split(",", -1)).mapToDouble(Converter::rate).toArray());
                }
                double high = rate(value.substring(colon + 1));
                return colon == 0 ? LearningRates.slice(high) : LearningRates.slice(rate(value.substring(0, colon)), high);
            } catch (IllegalArgumentException wrong) {
                throw new TypeConversionException(wrong.getMessage());
            }
        }

        private static double rate(String text) {
            double rate;
            try {
                rate = Double.parseDouble(text);
            } catch (NumberFormatException none) {
                throw new TypeConversionException("'" + text + "' is not a number; expected rates such as 1e-2, 1e-5,1e-4,1e-2,"
                        + " 1e-5:1e-2 or :1e-2");
            }
            if (!(rate >= 0 && Double.isFinite(rate))) {
                throw new TypeConversionException("expected a learning rate of 0 or more, got " + text);
            }
            return rate;
        }
    }

    /** A rate with three significant digits, for a table: {@code 0.05}, {@code 1e-5}. */
    static String text(double rate) {
        if (rate == 0 || rate >= 1e-3 && rate < 1000) {
            return new BigDecimal(rate).round(new MathContext(3)).stripTrailingZeros().toPlainString();
        }
        return String.format(Locale.ROOT, "%.2e", rate).replaceFirst("\\.?0*e", "e").replaceFirst("e([+-])0", "e$1");
    }
}
