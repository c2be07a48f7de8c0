CREATE TABLE t (a integer CONSTRAINT a_name_so_long_that_the_server_cuts_it_without_a_word_and_goes_on CHECK (a > 0));
