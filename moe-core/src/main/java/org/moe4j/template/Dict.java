package org.moe4j.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A dict: insertion order is kept, and keys that are equal as numbers ({@code 1}, {@code 1.0},
 * {@code true}) are one key, which keeps the form it was first written in. Not modified once it is
 * visible to a template.
 */
final class Dict {

  /** One entry, the key as it was first written. */
  record Entry(Object key, Object value) {}

  private final Map<Object, Entry> entries = new LinkedHashMap<>();

  int size() {
    return entries.size();
  }

  Collection<Entry> entries() {
    return entries.values();
  }

  void put(Object key, Object value, Budget budget) {
    entries.compute(
        hashKey(key, budget), (hash, old) -> new Entry(old == null ? key : old.key, value));
  }

  void putText(String key, Object value) {
    entries.put(key, new Entry(key, value));
  }

  @Nullable Object get(Object key, Budget budget) {
    Entry entry = entries.get(hashKey(key, budget));
    return entry == null ? null : entry.value;
  }

  @Nullable Object getText(String key) {
    Entry entry = entries.get(key);
    return entry == null ? null : entry.value;
  }

  Dict copy() {
    Dict copy = new Dict();
    copy.entries.putAll(entries);
    return copy;
  }

  void putAll(Dict other) {
    other.entries.forEach(
        (hash, entry) ->
            entries.merge(hash, entry, (old, fresh) -> new Entry(old.key, fresh.value)));
  }

  /** Whether the value can be a key: everything but lists, dicts and tuples that hold one. */
  static boolean isHashable(Object key) {
    return switch (key) {
      case Seq seq -> seq.tuple() && seq.items().stream().allMatch(Dict::isHashable);
      case Dict dict -> false;
      case DictView view -> view.part() == DictView.Part.VALUES;
      default -> true;
    };
  }

  /** The form of a key whose Java equality is the template's equality. */
  static Object hashKey(Object key, Budget budget) {
    return switch (key) {
      case Markup markup -> markup.text();
      case Boolean truth -> truth ? 1L : 0L;
      case Double number -> {
        if (number != Math.rint(number) || Double.isInfinite(number)) {
          yield number;
        }
        yield Math.abs(number) < 0x1p62
            ? (Object) number.longValue()
            : Numbers.normalise(new java.math.BigDecimal(number).toBigInteger());
      }
      case BigInteger number -> number;
      case Undefined undefined -> Undefined.class;
      case Seq seq when seq.tuple() -> {
        budget.enter();
        List<Object> parts = new ArrayList<>();
        for (Object item : seq.items()) {
          parts.add(hashKey(item, budget));
        }
        budget.leave();
        yield parts;
      }
      case Seq list -> throw unhashable("list");
      case Dict dict -> throw unhashable("dict");
      default -> key;
    };
  }

  private static TemplateError unhashable(String type) {
    return new TemplateError("a " + type + " cannot be the key of a dict");
  }
}
