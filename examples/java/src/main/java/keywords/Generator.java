package keywords;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Finds a seed under which no two of Java's keywords share a slot, and writes the table. */
public final class Generator {
    /** More slots make a bigger table, fewer make a longer search. */
    static final int SLOTS = 104;

    static final List<String> WORDS = List.of(
            "abstract", "assert", "boolean", "break", "byte", "case", "catch", "char", "class",
            "const", "continue", "default", "do", "double", "else", "enum", "extends", "final",
            "finally", "float", "for", "goto", "if", "implements", "import", "instanceof", "int",
            "interface", "long", "native", "new", "package", "private", "protected", "public",
            "return", "short", "static", "strictfp", "super", "switch", "synchronized", "this",
            "throw", "throws", "transient", "try", "void", "volatile", "while", "true", "false",
            "null");

    private Generator() {}

    public static void main(String[] arguments) throws IOException {
        int seed = findSeed(WORDS, SLOTS);
        String[] table = fill(WORDS, seed, SLOTS);
        verify(table, seed);

        List<String> lines = new ArrayList<>();
        lines.add(seed + " " + SLOTS);
        lines.addAll(Arrays.asList(table));
        Path file = Path.of(arguments[0]);
        Files.createDirectories(file.getParent());
        Files.write(file, lines, StandardCharsets.UTF_8);
    }

    /** The first seed that gives every word a slot of its own. */
    static int findSeed(List<String> words, int slots) {
        if (slots < words.size()) {
            throw new IllegalArgumentException(words.size() + " words need as many slots");
        }
        int seed = 1;
        while (collides(words, seed, slots)) {
            seed++;
        }
        return seed;
    }

    private static boolean collides(List<String> words, int seed, int slots) {
        boolean[] taken = new boolean[slots];
        for (String word : words) {
            int slot = Hash.slot(word, seed, slots);
            if (taken[slot]) {
                return true;
            }
            taken[slot] = true;
        }
        return false;
    }

    private static String[] fill(List<String> words, int seed, int slots) {
        String[] table = new String[slots];
        Arrays.fill(table, "");
        for (String word : words) {
            table[Hash.slot(word, seed, slots)] = word;
        }
        return table;
    }

    /** Stops the build when a word is not where it will be looked for. */
    private static void verify(String[] table, int seed) {
        for (String word : WORDS) {
            if (!table[Hash.slot(word, seed, table.length)].equals(word)) {
                throw new IllegalStateException(word + " is not in its slot");
            }
        }
    }
}
