// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * Integers of any size and doubles, as Python computes with them. An integer is a {@link Long}
 * wherever it fits and a {@link BigInteger} only where it does not; booleans count as 0 and 1.
 */
final class Numbers {
  /** Largest integer that may be computed: every double fits, and each operation stays cheap. */
  private static final int MAX_BITS = 1024;

  /** Up to this every integer is a double. */
  private static final long EXACT = 1L << 53;

  private static final BigInteger MIN_LONG = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX_LONG = BigInteger.valueOf(Long.MAX_VALUE);

  private Numbers() {}

  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof Boolean || value instanceof BigInteger;
  }

  static boolean isNumber(Object value) {
    return isInteger(value) || value instanceof Double;
  }

  static Object normalise(BigInteger value) {
    if (value.bitLength() > MAX_BITS) {
      throw new TemplateError("integer of more than " + MAX_BITS + " bits");
    }
    return value.compareTo(MIN_LONG) >= 0 && value.compareTo(MAX_LONG) <= 0
        ? (Object) value.longValue()
        : value;
  }

  static BigInteger big(Object integer) {
    return switch (integer) {
      case BigInteger big -> big;
      case Boolean truth -> truth ? BigInteger.ONE : BigInteger.ZERO;
      case Long small -> BigInteger.valueOf(small);
      default -> throw new TemplateError("expected an integer, found " + Values.typeName(integer));
    };
  }

  static double toDouble(Object number) {
    return switch (number) {
      case Double d -> d;
      case Long l -> l;
      case Boolean b -> b ? 1 : 0;
      case BigInteger big -> {
        double d = big.doubleValue();
        if (Double.isInfinite(d)) {
          throw new TemplateError("integer too large to convert to float");
        }
        yield d;
      }
      default -> throw new TemplateError("expected a number, found " + Values.typeName(number));
    };
  }

  /** The exact integer part of a finite double. */
  static Object truncate(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      throw new TemplateError("cannot convert " + repr(value) + " to an integer");
    }
    return normalise(new BigDecimal(value).toBigInteger());
  }

  static Object add(Object a, Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      long sum = x + y;
      if (((x ^ sum) & (y ^ sum)) >= 0) {
        return sum;
      }
    }
    return isInteger(a) && isInteger(b)
        ? normalise(big(a).add(big(b)))
        : (Object) (toDouble(a) + toDouble(b));
  }

  static Object subtract(Object a, Object b) {
    return isInteger(a) && isInteger(b)
        ? normalise(big(a).subtract(big(b)))
        : (Object) (toDouble(a) - toDouble(b));
  }

  static Object multiply(Object a, Object b) {
    return isInteger(a) && isInteger(b)
        ? normalise(big(a).multiply(big(b)))
        : (Object) (toDouble(a) * toDouble(b));
  }

  static Object divide(Object a, Object b) {
    checkDivisor(b);
    if (isInteger(a) && isInteger(b)) {
      BigInteger x = big(a);
      BigInteger y = big(b);
      if (x.bitLength() > 53 || y.bitLength() > 53) {
        // Python rounds the exact quotient once; 40 digits decide the 53 bits in all but contrived
        // cases.
        return new BigDecimal(x)
            .divide(new BigDecimal(y), new java.math.MathContext(40, RoundingMode.HALF_EVEN))
            .doubleValue();
      }
    }
    return toDouble(a) / toDouble(b);
  }

  static Object floorDivide(Object a, Object b) {
    checkDivisor(b);
    if (isInteger(a) && isInteger(b)) {
      BigInteger[] parts = big(a).divideAndRemainder(big(b));
      boolean down = parts[1].signum() != 0 && parts[1].signum() != big(b).signum();
      return normalise(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
    }
    double x = toDouble(a);
    double y = toDouble(b);
    double mod = floorMod(x, y);
    double quotient = (x - mod) / y;
    if (quotient == 0) {
      return Math.copySign(0.0, x / y);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  static Object modulo(Object a, Object b) {
    checkDivisor(b);
    if (isInteger(a) && isInteger(b)) {
      BigInteger divisor = big(b);
      BigInteger rest = big(a).remainder(divisor);
      boolean otherSign = rest.signum() != 0 && rest.signum() != divisor.signum();
      return normalise(otherSign ? rest.add(divisor) : rest);
    }
    return floorMod(toDouble(a), toDouble(b));
  }

  private static double floorMod(double x, double y) {
    double rest = x % y;
    if (rest == 0) {
      return Math.copySign(0.0, y);
    }
    return (rest < 0) != (y < 0) ? rest + y : rest;
  }

  private static void checkDivisor(Object divisor) {
    if (divisor instanceof Double d ? d == 0 : big(divisor).signum() == 0) {
      throw new TemplateError("division by zero");
    }
  }

  static Object power(Object a, Object b) {
    if (isInteger(a) && isInteger(b) && big(b).signum() >= 0) {
      BigInteger base = big(a);
      BigInteger exponent = big(b);
      if (base.abs().bitLength() > 1
          && (exponent.bitLength() > 20
              || (base.abs().bitLength() - 1L) * exponent.intValue() > MAX_BITS)) {
        throw new TemplateError("integer of more than " + MAX_BITS + " bits");
      }
      if (base.abs().bitLength() <= 1) {
        boolean odd = exponent.testBit(0);
        return exponent.signum() == 0 ? (Object) 1L : normalise(odd ? base : base.abs());
      }
      return normalise(base.pow(exponent.intValue()));
    }
    double x = toDouble(a);
    double y = toDouble(b);
    if (x == 0 && y < 0) {
      throw new TemplateError("0.0 cannot be raised to a negative power");
    }
    if (x < 0 && y != Math.rint(y)) {
      throw new TemplateError("the power of a negative number to a fraction is not a real number");
    }
    if (Math.abs(x) == 1 && !Double.isFinite(y)) {
      return x == 1 || Double.isInfinite(y) ? (Object) 1.0 : y;
    }
    double power = Math.pow(x, y);
    if (Double.isInfinite(power) && Double.isFinite(x) && Double.isFinite(y)) {
      throw new TemplateError("result of ** is too large");
    }
    return power;
  }

  static Object negate(Object a) {
    return a instanceof Double d ? (Object) (-d) : normalise(big(a).negate());
  }

  static Object abs(Object a) {
    return a instanceof Double d ? (Object) Math.abs(d) : normalise(big(a).abs());
  }

  /** Less than, equal or greater; null where one side is not a number that can be ordered (NaN). */
  static @Nullable Integer compare(Object a, Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    if (isInteger(a) && isInteger(b)) {
      return big(a).compareTo(big(b));
    }
    if (a instanceof Double x && b instanceof Double y) {
      return Double.isNaN(x) || Double.isNaN(y) ? null : x < y ? -1 : x.doubleValue() == y ? 0 : 1;
    }
    return a instanceof Double d ? compareExact(d, b) : negated(compareExact((Double) b, a));
  }

  private static @Nullable Integer negated(@Nullable Integer order) {
    return order == null ? null : -order;
  }

  /** Compares exactly, without spelling out the digits of tiny numbers. */
  private static @Nullable Integer compareExact(double a, Object integer) {
    if (Double.isNaN(a)) {
      return null;
    }
    BigInteger b = big(integer);
    if (b.bitLength() < 53) {
      double exact = b.doubleValue();
      return a < exact ? -1 : a == exact ? 0 : 1;
    }
    if (Double.isInfinite(a)) {
      return a > 0 ? 1 : -1;
    }
    return Math.abs(a) < EXACT ? -b.signum() : new BigDecimal(a).toBigInteger().compareTo(b);
  }

  /** Rounds half to even on the exact binary value. */
  static Object round(Object value, long digits) {
    if (value instanceof Double d) {
      if (!Double.isFinite(d) || digits > 400) {
        return d;
      }
      if (digits < -400) {
        return Math.copySign(0.0, d);
      }
      double rounded =
          new BigDecimal(d).setScale((int) digits, RoundingMode.HALF_EVEN).doubleValue();
      return rounded == 0 ? Math.copySign(0.0, d) : rounded;
    }
    if (digits >= 0) {
      return normalise(big(value));
    }
    if (digits < -MAX_BITS) {
      return 0L;
    }
    return normalise(
        new BigDecimal(big(value)).setScale((int) digits, RoundingMode.HALF_EVEN).toBigInteger());
  }

  /** The shortest decimal that reads back as the same double, in Python's layout. */
  static String repr(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    String sign = value < 0 || (value == 0 && 1 / value < 0) ? "-" : "";
    if (value == 0) {
      return sign + "0.0";
    }
    BigDecimal decimal = shortest(Math.abs(value));
    String digits = decimal.unscaledValue().toString();
    int point = digits.length() - decimal.scale();
    if (point <= -4 || point > 16) {
      String mantissa =
          digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
      return sign + mantissa + exponent(point - 1);
    }
    if (point <= 0) {
      return sign + "0." + "0".repeat(-point) + digits;
    }
    if (point >= digits.length()) {
      return sign + digits + "0".repeat(point - digits.length()) + ".0";
    }
    return sign + digits.substring(0, point) + "." + digits.substring(point);
  }

  /** A decimal exponent as C prints it: a sign and at least two digits. */
  static String exponent(int exponent) {
    int size = Math.abs(exponent);
    return "e" + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + size;
  }

  private static BigDecimal shortest(double value) {
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (decimal.precision() == 2) {
      // Java never prints fewer than two digits; the smallest subnormals need only one.
      BigDecimal one = decimal.round(new java.math.MathContext(1, RoundingMode.HALF_EVEN));
      if (one.doubleValue() == value) {
        return one.stripTrailingZeros();
      }
    }
    return decimal;
  }
}
