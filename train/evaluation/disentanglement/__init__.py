"""How far latent dimensions and known factors of the images go one to one: MIG, DCI, SAP and the FactorVAE score."""
