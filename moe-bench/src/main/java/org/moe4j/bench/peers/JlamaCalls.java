// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Calls Jlama by reflection, so that nothing here depends on it: its jars are on the class path of
 * its own process only. A call that fails is an {@link IllegalStateException}.
 */
final class JlamaCalls {

  private static final String ROOT = "com.github.tjake.jlama.";

  private JlamaCalls() {}

  /** The class of a name in Jlama's root package. */
  static Class<?> type(String name) {
    try {
      return Class.forName(ROOT + name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("Jlama is not on the class path", e);
    }
  }

  /** The number format of a name. */
  static Object number(String name) {
    Class<?> types = type("safetensors.DType");
    return Arrays.stream(types.getEnumConstants())
        .filter(constant -> constant.toString().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Calls the only public constructor. */
  static Object create(Class<?> type, Object argument) {
    try {
      return type.getConstructors()[0].newInstance(argument);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Calls the public method of the target that has a name and takes these arguments. */
  static Object call(Object target, String name, Object... arguments) {
    return call(target, target.getClass(), name, arguments);
  }

  /**
   * Calls the public method of a type that has a name and takes these arguments; without a target,
   * a static one.
   */
  static Object call(
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
