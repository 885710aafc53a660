package keywords;

/** The hash that the table is built with and looked up by. */
final class Hash {
    private Hash() {}

    /** A slot below {@code slots}; every seed scatters the words differently. */
    static int slot(String word, int seed, int slots) {
        int hash = seed;
        for (int i = 0; i < word.length(); i++) {
            hash = (hash ^ word.charAt(i)) * 0x01000193;
        }
        hash ^= hash >>> 15;
        return Integer.remainderUnsigned(hash * 0x2c1b3c6d, slots);
    }
}
