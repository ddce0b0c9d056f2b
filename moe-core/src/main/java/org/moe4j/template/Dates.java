// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.time.Clock;
import java.time.LocalDateTime;
import java.time.format.TextStyle;
import java.time.temporal.IsoFields;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The current time in the formats of C's {@code strftime}, in English.
 *
 * @param clock what time it is, and where
 */
record Dates(Clock clock) {

  /** The time now. */
  String format(String format, Budget budget) {
    LocalDateTime now = LocalDateTime.now(clock);
    Output out = new Output(budget);
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(String.valueOf(c));
        continue;
      }
      char flag = format.charAt(++i);
      boolean flagged = "-_0^".indexOf(flag) >= 0 && i + 1 < format.length();
      char code = flagged ? format.charAt(++i) : flag;
      String field = field(now, code);
      if (code == 's') {
        out.append(Long.toString(clock.instant().getEpochSecond()));
      } else if (field == null) {
        out.append("%" + (flagged ? String.valueOf(flag) : "") + code);
      } else {
        out.append(flagged ? padded(field, flag) : field);
      }
    }
    return out.toString();
  }

  private static String padded(String field, char flag) {
    if (flag == '^') {
      return Cases.upper(field);
    }
    int digits = 0;
    while (digits < field.length() - 1
        && (field.charAt(digits) == '0' || field.charAt(digits) == ' ')) {
      digits++;
    }
    String pad = flag == '-' ? "" : flag == '_' ? " " : "0";
    return pad.repeat(digits) + field.substring(digits);
  }

  private static @Nullable String field(LocalDateTime time, char code) {
    int hour12 = (time.getHour() + 11) % 12 + 1;
    return switch (code) {
      case 'Y' -> Integer.toString(time.getYear());
      case 'C' -> two(time.getYear() / 100);
      case 'y' -> two(time.getYear() % 100);
      case 'm' -> two(time.getMonthValue());
      case 'd' -> two(time.getDayOfMonth());
      case 'e' -> blank(time.getDayOfMonth());
      case 'H' -> two(time.getHour());
      case 'k' -> blank(time.getHour());
      case 'I' -> two(hour12);
      case 'l' -> blank(hour12);
      case 'M' -> two(time.getMinute());
      case 'S' -> two(time.getSecond());
      case 'f' -> String.format("%06d", time.getNano() / 1000);
      case 'j' -> String.format("%03d", time.getDayOfYear());
      case 'p' -> time.getHour() < 12 ? "AM" : "PM";
      case 'P' -> time.getHour() < 12 ? "am" : "pm";
      case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'a' -> name(time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
      case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'b', 'h' -> name(time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
      case 'u' -> Integer.toString(time.getDayOfWeek().getValue());
      case 'w' -> Integer.toString(time.getDayOfWeek().getValue() % 7);
      case 'U' -> two((time.getDayOfYear() + 6 - time.getDayOfWeek().getValue() % 7) / 7);
      case 'W' -> two((time.getDayOfYear() + 6 - (time.getDayOfWeek().getValue() + 6) % 7) / 7);
      case 'V' -> two(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
      case 'G' -> Integer.toString(time.get(IsoFields.WEEK_BASED_YEAR));
      case 'g' -> two(time.get(IsoFields.WEEK_BASED_YEAR) % 100);
      case 'c' -> all(time, "a b e T Y", " ");
      case 'D', 'x' -> all(time, "m d y", "/");
      case 'F' -> all(time, "Y m d", "-");
      case 'T', 'X' -> all(time, "H M S", ":");
      case 'R' -> all(time, "H M", ":");
      case 'r' -> all(time, "I M S", ":") + " " + field(time, 'p');
      case 'n' -> "\n";
      case 't' -> "\t";
      case 'Z', 'z' -> "";
      case '%' -> "%";
      default -> null;
    };
  }

  private static String all(LocalDateTime time, String codes, String separator) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < codes.length(); i++) {
      char code = codes.charAt(i);
      out.append(code == ' ' ? separator : field(time, code));
    }
    return out.toString();
  }

  private static String two(int number) {
    return number < 10 ? "0" + number : Integer.toString(number);
  }

  private static String blank(int number) {
    return number < 10 ? " " + number : Integer.toString(number);
  }

  /** C's short names are the first three letters; Java's are not for every month. */
  private static String name(String full) {
    return full.substring(0, 3);
  }
}
