// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.math.BigDecimal;
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
    budget.objects(2);
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

  void putAll(Dict other) {
    other.entries.forEach((hash, entry) ->
        entries.merge(hash, entry, (old, fresh) -> new Entry(old.key, fresh.value)));
  }

  /** The value of a key, or null also where the key cannot be one. */
  @Nullable Object find(Object key, Budget budget) {
    Object hash = hashKeyOrNone(key, budget);
    Entry entry = hash == null ? null : entries.get(hash);
    return entry == null ? null : entry.value;
  }

  /** The form of a key whose Java equality is the template's equality. */
  static Object hashKey(Object key, Budget budget) {
    Object hash = hashKeyOrNone(key, budget);
    if (hash == null) {
      throw new TemplateError(Values.typeName(key) + " cannot be the key of a dict");
    }
    return hash;
  }

  /** The hash key, or null for a list, a dict and a tuple that holds one. */
  private static @Nullable Object hashKeyOrNone(Object key, Budget budget) {
    return switch (key) {
      case Markup markup -> markup.text();
      case Boolean truth -> truth ? 1L : 0L;
      case Double number -> {
        if (number != Math.rint(number) || Double.isInfinite(number)) {
          yield number;
        }
        yield Numbers.normalise(new BigDecimal(number).toBigInteger());
      }
      case Undefined undefined -> Undefined.class;
      case Dict dict -> null;
      case DictView view -> view.part() == DictView.Part.VALUES ? view : null;
      case Seq seq -> seq.tuple() ? hashKeys(seq, budget) : null;
      default -> key;
    };
  }

  private static @Nullable Object hashKeys(Seq tuple, Budget budget) {
    budget.enter();
    budget.objects(1);
    budget.references(tuple.size());
    List<Object> parts = new ArrayList<>(tuple.size());
    for (Object item : tuple.items()) {
      Object part = hashKeyOrNone(item, budget);
      if (part == null) {
        budget.leave();
        return null;
      }
      parts.add(part);
    }
    budget.leave();
    return parts;
  }
}
