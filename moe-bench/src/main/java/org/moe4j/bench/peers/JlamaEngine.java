// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Jlama, which decodes one sequence at a time. It is called by reflection, so that nothing here
 * depends on it: its jars are on the class path of its own process only.
 */
final class JlamaEngine implements Engine {

  private static final String ROOT = "com.github.tjake.jlama.";

  private final int threads;
  private final Random random = new Random(1);
  private @Nullable Object model;

  JlamaEngine(int threads) {
    this.threads = threads;
  }

  @Override
  public String description() {
    Object operations =
        call(null, type("tensor.operations.TensorOperationsProvider"), "get", new Object[0]);
    return "Jlama 0.8.4 (%s, JDK %s)".formatted(call(operations, "name"), Runtime.version());
  }

  /** The context is the model's own; only one sequence is possible. */
  @Override
  public void open(Path file, Room room) {
    close();
    // The number of threads can be chosen once in a process.
    Optional<Integer> first =
        Boolean.getBoolean("jlama.threads.chosen") ? Optional.empty() : Optional.of(threads);
    System.setProperty("jlama.threads.chosen", "true");
    model =
        call(
            null,
            type("model.ModelSupport"),
            "loadModel",
            file.toFile(),
            (File) null,
            number("F32"),
            number("I8"),
            Optional.empty(),
            first);
  }

  private void close() {
    if (model != null) {
      call(model, "close");
      model = null;
    }
  }

  private Object model() {
    if (model == null) {
      throw new IllegalStateException("no model is open");
    }
    return model;
  }

  private int vocabulary() {
    Object config = call(model(), "getConfig");
    try {
      return config.getClass().getField("vocabularySize").getInt(config);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private int[] ids(int count) {
    return random.ints(count, 0, vocabulary()).toArray();
  }

  @Override
  public double read(int tokens, int depth) {
    try (Sequence sequence = new Sequence()) {
      if (depth > 0) {
        sequence.read(ids(depth), 0);
      }
      int[] prompt = ids(tokens);
      long start = System.nanoTime();
      sequence.read(prompt, depth);
      return (System.nanoTime() - start) / 1e9;
    }
  }

  @Override
  public double generate(int tokens, int sequences, int depth) {
    if (sequences > 1) {
      throw new UnsupportedOperationException("Jlama decodes one sequence at a time");
    }
    try (Sequence sequence = new Sequence()) {
      sequence.read(ids(depth), 0);
      int[] next = ids(tokens);
      long start = System.nanoTime();
      for (int i = 0; i < tokens; i++) {
        sequence.step(next[i], depth + i);
      }
      return (System.nanoTime() - start) / 1e9;
    }
  }

  /** One sequence and its cache. */
  private final class Sequence implements AutoCloseable {
    private final Object cache = create(type("tensor.KvBufferCache"), model());
    private final Object buffer = call(cache, "getKvBuffer", UUID.randomUUID());
    private final Object logits = call(model(), "makeDenseTensor", new int[] {vocabulary()});

    void read(int[] ids, int position) {
      Object rows = call(model(), "batchForward", ids, position, buffer);
      int count = (int) call(call(rows, "shape"), "first");
      sample(call(rows, "slice", new int[] {count - 1}));
      call(rows, "close");
    }

    void step(int id, int position) {
      Object row = call(model(), "forward", id, position, buffer, Optional.empty());
      sample(row);
      call(row, "close");
    }

    private void sample(Object row) {
      call(model(), "sample", row, 0f, 0f, logits);
    }

    @Override
    public void close() {
      call(logits, "close");
      call(cache, "close");
    }
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(ROOT + name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("Jlama is not on the class path", e);
    }
  }

  private static Object number(String name) {
    Class<?> types = type("safetensors.DType");
    return Arrays.stream(types.getEnumConstants())
        .filter(constant -> constant.toString().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Object create(Class<?> type, Object argument) {
    try {
      return type.getConstructors()[0].newInstance(argument);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object call(Object target, String name, Object... arguments) {
    return call(target, target.getClass(), name, arguments);
  }

  /** Calls the public method of a name that takes these arguments. */
  private static Object call(
      @Nullable Object target, Class<?> type, String name, @Nullable Object... arguments) {
    try {
      for (Method method : type.getMethods()) {
        if (method.getName().equals(name) && takes(method, arguments)) {
          method.setAccessible(true);
          return method.invoke(target, arguments);
        }
      }
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("Jlama: " + e.getCause(), e);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
    throw new IllegalStateException("Jlama has no " + name + " for these arguments");
  }

  private static boolean takes(Method method, @Nullable Object[] arguments) {
    Class<?>[] types = method.getParameterTypes();
    if (types.length != arguments.length) {
      return false;
    }
    for (int i = 0; i < types.length; i++) {
      Object argument = arguments[i];
      boolean fits =
          types[i].isInstance(argument)
              || (types[i] == int.class && argument instanceof Integer)
              || (types[i] == float.class && argument instanceof Float)
              || (argument == null && !types[i].isPrimitive());
      if (!fits) {
        return false;
      }
    }
    return true;
  }
}
