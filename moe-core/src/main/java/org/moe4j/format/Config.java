// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;

/**
 * The settings of a model, from the metadata of a GGUF file or from a JSON object, read by key and
 * by the type the caller needs. Immutable and safe for many threads; it outlives the file it came
 * from.
 *
 * <p>A key that is missing or JSON {@code null} counts as absent: methods with a fall-back return
 * that, the others throw. A value of another type or out of range always throws. Every such {@link
 * MixtureException.BadFile} names the file, the key, what was expected and what was found.
 */
public final class Config {

  /** Integers up to this size are exact in a double. */
  private static final double EXACT = 0x1p53;

  private final String file;
  private final String prefix;
  private final Map<String, @Nullable Object> values;

  private Config(String file, String prefix, Map<String, @Nullable Object> values) {
    this.file = file;
    this.prefix = prefix;
    this.values = values;
  }

  /**
   * Settings from values in memory, which are copied.
   *
   * @param file where they come from, for messages
   * @param values strings, numbers, booleans, nulls, and lists and maps of these
   * @throws IllegalArgumentException if there is a value of another kind
   */
  public static Config of(String file, Map<String, ? extends @Nullable Object> values) {
    return new Config(file, "", copy(values));
  }

  /**
   * Settings from a file that holds one JSON object.
   *
   * @param file a UTF-8 file of at most 100 MB
   * @throws MixtureException.BadFile if it cannot be read, is no JSON object, nests more than 64
   *     deep or names a key twice
   */
  public static Config readJson(Path file) {
    return new Config(file.toString(), "", Json.read(file));
  }

  /**
   * Settings from a file that is kept open with others and is never large, such as {@code
   * config.json}; else like {@link #readJson}.
   *
   * @param file a UTF-8 file of at most 25 MB
   */
  static Config readSettings(Path file) {
    return new Config(file.toString(), "", Json.readSettings(file));
  }

  /** The file the settings come from. */
  public String file() {
    return file;
  }

  /** All keys, in the order of the file. */
  public Set<String> keys() {
    return values.keySet();
  }

  /**
   * The same settings without some.
   *
   * @param keys keys that are absent from the result
   */
  public Config without(Set<String> keys) {
    Map<String, @Nullable Object> rest = new LinkedHashMap<>(values);
    rest.keySet().removeAll(keys);
    return new Config(file, prefix, Collections.unmodifiableMap(rest));
  }

  /**
   * Whether a key is present and not JSON {@code null}.
   *
   * @param key the key
   */
  public boolean has(String key) {
    return values.get(key) != null;
  }

  /**
   * The value as it is: a {@link String}, {@link Long}, {@link Double}, {@link Boolean}, an
   * immutable {@link List} or {@link Map} of these, or null if the key is absent. Integers beyond
   * 64 bits are doubles.
   *
   * @param key the key
   */
  public @Nullable Object value(String key) {
    return values.get(key);
  }

  /**
   * A string.
   *
   * @param key the key
   */
  public String text(String key) {
    Object value = require(key, "a string");
    if (value instanceof String text) {
      return text;
    }
    throw wrong(key, "a string", value);
  }

  /**
   * A string.
   *
   * @param key the key
   * @param fallback the value of an absent key
   */
  public String text(String key, String fallback) {
    return has(key) ? text(key) : fallback;
  }

  /**
   * An integer. A floating-point value without a fraction counts as one.
   *
   * @param key the key
   */
  public long integer(String key) {
    return toLong(key, require(key, "an integer"));
  }

  /**
   * An integer. A floating-point value without a fraction counts as one.
   *
   * @param key the key
   * @param fallback the value of an absent key
   */
  public long integer(String key, long fallback) {
    return has(key) ? integer(key) : fallback;
  }

  /**
   * A size, count or id: an integer from 0 to 2^31 - 1.
   *
   * @param key the key
   */
  public int int32(String key) {
    long value = integer(key);
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw wrong(key, "an integer from 0 to " + Integer.MAX_VALUE, value);
    }
    return (int) value;
  }

  /**
   * A size, count or id: an integer from 0 to 2^31 - 1.
   *
   * @param key the key
   * @param fallback the value of an absent key
   */
  public int int32(String key, int fallback) {
    return has(key) ? int32(key) : fallback;
  }

  /**
   * A finite number.
   *
   * @param key the key
   */
  public double number(String key) {
    return toDouble(key, require(key, "a number"));
  }

  /**
   * A finite number.
   *
   * @param key the key
   * @param fallback the value of an absent key
   */
  public double number(String key, double fallback) {
    return has(key) ? number(key) : fallback;
  }

  /**
   * A truth value. The integers 0 and 1 count as one, as some GGUF files have them.
   *
   * @param key the key
   */
  public boolean flag(String key) {
    return toBoolean(key, require(key, "true or false"));
  }

  /**
   * A truth value. The integers 0 and 1 count as one, as some GGUF files have them.
   *
   * @param key the key
   * @param fallback the value of an absent key
   */
  public boolean flag(String key, boolean fallback) {
    return has(key) ? flag(key) : fallback;
  }

  /**
   * A list of strings; a single string counts as a list of one. Long lists may decode an entry anew
   * at each access.
   *
   * @param key the key
   */
  public List<String> strings(String key) {
    Object value = require(key, "a list of strings");
    if (value instanceof StringArray strings) {
      return strings;
    }
    List<String> strings = new ArrayList<>();
    for (Object each : listOf(value)) {
      if (!(each instanceof String text)) {
        throw wrong(key + "[" + strings.size() + "]", "a string", each);
      }
      strings.add(text);
    }
    return Collections.unmodifiableList(strings);
  }

  /**
   * A list of integers; a single integer counts as a list of one.
   *
   * @param key the key
   * @return a new array
   */
  public int[] ints(String key) {
    List<?> list = listOf(require(key, "a list of integers"));
    int[] ints = new int[list.size()];
    for (int i = 0; i < ints.length; i++) {
      long value = toLong(key + "[" + i + "]", list.get(i));
      if (value != (int) value) {
        throw wrong(key + "[" + i + "]", "an integer of 32 bits", value);
      }
      ints[i] = (int) value;
    }
    return ints;
  }

  /**
   * A list of finite numbers, rounded to single precision; a single number counts as a list of one.
   *
   * @param key the key
   * @return a new array
   */
  public float[] floats(String key) {
    List<?> list = listOf(require(key, "a list of numbers"));
    float[] floats = new float[list.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) toDouble(key + "[" + i + "]", list.get(i));
    }
    return floats;
  }

  /**
   * A list of truth values; a single one counts as a list of one.
   *
   * @param key the key
   * @return a new array
   */
  public boolean[] flags(String key) {
    List<?> list = listOf(require(key, "a list of true and false"));
    boolean[] flags = new boolean[list.size()];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = toBoolean(key + "[" + i + "]", list.get(i));
    }
    return flags;
  }

  /**
   * A nested JSON object. Messages name its keys with the way to them.
   *
   * @param key the key
   */
  public Config section(String key) {
    return toSection(key, require(key, "an object"));
  }

  /**
   * A list of nested JSON objects.
   *
   * @param key the key
   */
  public List<Config> sections(String key) {
    Object value = require(key, "a list of objects");
    if (!(value instanceof List<?> list)) {
      throw wrong(key, "a list of objects", value);
    }
    List<Config> sections = new ArrayList<>();
    for (Object each : list) {
      sections.add(toSection(key + "[" + sections.size() + "]", each));
    }
    return Collections.unmodifiableList(sections);
  }

  private Object require(String key, String expected) {
    Object value = values.get(key);
    if (value == null) {
      throw new MixtureException.BadFile(file, prefix + key, "missing, expected " + expected, null);
    }
    return value;
  }

  private MixtureException.BadFile wrong(String key, String expected, @Nullable Object found) {
    return new MixtureException.BadFile(
        file, prefix + key, "expected " + expected + ", found " + show(found), null);
  }

  /**
   * Values of a file can be huge: a message shows a text's beginning and only the size of a list.
   */
  private static String show(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case String text -> Json.show(text);
      case List<?> list -> "a list of " + list.size();
      case Map<?, ?> map -> "an object of " + map.size() + " keys";
      default -> value.toString();
    };
  }

  private long toLong(String key, @Nullable Object value) {
    if (value instanceof Long integer) {
      return integer;
    }
    if (value instanceof Double number
        && Math.abs(number) <= EXACT
        && number == Math.rint(number)) {
      return number.longValue();
    }
    throw wrong(key, "an integer", value);
  }

  private double toDouble(String key, @Nullable Object value) {
    if (value instanceof Long integer) {
      return integer;
    }
    if (value instanceof Double number && Double.isFinite(number)) {
      return number;
    }
    throw wrong(key, "a finite number", value);
  }

  private boolean toBoolean(String key, @Nullable Object value) {
    if (value instanceof Boolean flag) {
      return flag;
    }
    if (value instanceof Long integer && (integer == 0 || integer == 1)) {
      return integer == 1;
    }
    throw wrong(key, "true or false", value);
  }

  @SuppressWarnings("unchecked") // Keys of nested maps are strings, by Json and by copy.
  private Config toSection(String key, @Nullable Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      throw wrong(key, "an object", value);
    }
    return new Config(file, prefix + key + ".", (Map<String, @Nullable Object>) map);
  }

  private static List<?> listOf(Object value) {
    return value instanceof List<?> list ? list : List.of(value);
  }

  private static Map<String, @Nullable Object> copy(Map<?, ? extends @Nullable Object> map) {
    Map<String, @Nullable Object> copy = new LinkedHashMap<>();
    map.forEach((key, value) -> copy.put((String) key, copyValue(value)));
    return Collections.unmodifiableMap(copy);
  }

  private static @Nullable Object copyValue(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case String text -> text;
      case Boolean flag -> flag;
      case Long integer -> integer;
      case Integer integer -> integer.longValue();
      case Short integer -> integer.longValue();
      case Byte integer -> integer.longValue();
      case BigInteger integer -> integer.doubleValue();
      case Double number -> number;
      case Float number -> number.doubleValue();
      case StringArray strings -> strings;
      case NumberArray numbers -> numbers;
      case List<?> list -> {
        List<@Nullable Object> copy = new ArrayList<>(list.size());
        list.forEach(each -> copy.add(copyValue(each)));
        yield Collections.unmodifiableList(copy);
      }
      case Map<?, ?> map -> copy(map);
      default -> throw new IllegalArgumentException("a setting cannot be a " + value.getClass());
    };
  }
}
